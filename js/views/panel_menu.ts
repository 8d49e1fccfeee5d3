import { download, panelImage, svgText } from "../export";
import { Menu, type MenuItem } from "../menu";
import type { Panel, View } from "./panel";
import { settingForm } from "./setting_form";

/** The menu of a panel: its settings, and what can be done with it. */
export function panelMenu(panel: Panel): Menu {
  const menu = new Menu("⋯", { class: "more", "aria-label": "Panel menu" }, () => {
    const lines = menu.list("Panel", actions(panel));
    const { settings } = panel;
    const change = (name: string, value: unknown) => panel.ask("configure", { options: { [name]: value } });
    return settings.length ? [settingForm(settings, change), lines] : [lines];
  });
  return menu;
}

function actions(panel: Panel): MenuItem[] {
  const { isMaximised } = panel;
  const moves = [
    { label: "Move", act: () => panel.grip.focus() },
    { label: "Resize", act: () => panel.corner.focus() },
  ];
  return [
    { label: isMaximised ? "Restore" : "Maximise", act: () => panel.toggleMaximised() },
    ...(isMaximised ? [] : moves),
    ...saves(panel),
    { label: "Remove", act: () => panel.ask("remove") },
  ];
}

/** Only what this panel's view can be saved as. */
function saves(panel: Panel): MenuItem[] {
  const { view, el, title } = panel;
  const name = `mixviz-${title}`;
  const save = async (make: () => void | Promise<void>) => {
    try {
      await make();
    } catch (error) {
      panel.report(error);
    }
  };
  const items = [
    { label: "Save PNG", act: () => save(async () => download(`${name}.png`, await panelImage(el, view))) },
  ];
  if (view.svg) {
    const act = () => save(() => download(`${name}.svg`, svgText(drawing(view)), "image/svg+xml"));
    items.push({ label: "Save SVG", act });
  }
  if (view.csv) {
    const act = () => save(() => download(`${name}.csv`, view.csv!(), "text/csv"));
    items.push({ label: "Save CSV", act });
  }
  return items;
}

/** The drawing as it is now. */
function drawing(view: View): SVGSVGElement {
  const svg = view.svg!();
  if (!svg) throw new Error("there is no drawing here yet");
  return svg;
}
