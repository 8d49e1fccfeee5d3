import { element, takeAtEnter } from "../elements";
import "./setting_form.css";

/** One option of a panel, as views/panel.py describes it. */
export interface Setting {
  name: string;
  kind: "choice" | "many" | "number" | "switch" | "text";
  value: unknown;
  label: string;
  choices: (string | number | null)[];
  /** What the choices are called, where that is not what they are. */
  labels: string[];
  low: number | null;
  high: number | null;
  step: number | null;
  help: string;
}

type Change = (value: unknown) => void;

/** A field for each setting; `change` is told what a person chose, and the kernel checks it. */
export function settingForm(
  settings: readonly Setting[],
  change: (name: string, value: unknown) => void,
): HTMLElement {
  const fields = settings.map((setting) => {
    const field = FIELDS[setting.kind](setting, (value) => change(setting.name, value));
    if (setting.help) field.title = setting.help;
    return field;
  });
  const form = element("form", { class: "settings", "aria-label": "Settings" }, ...fields);
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}

const FIELDS: Record<Setting["kind"], (setting: Setting, change: Change) => HTMLElement> = {
  choice(setting, change) {
    const options = setting.choices.map((choice, i) =>
      element("option", { selected: choice === setting.value }, setting.labels[i] ?? String(choice)),
    );
    const select = element("select", { name: setting.name }, ...options);
    select.addEventListener("change", () => change(setting.choices[select.selectedIndex]));
    return labelled(setting, select);
  },

  /** The present ones keep their order; one that is chosen comes last. */
  many(setting, change) {
    const chosen = setting.value as string[];
    const boxes = setting.choices.map(String).map((choice) => {
      const box = element("input", {
        type: "checkbox",
        name: `${setting.name}/${choice}`,
        checked: chosen.includes(choice),
      });
      box.addEventListener("change", () => {
        const others = chosen.filter((other) => other !== choice);
        change(box.checked ? [...others, choice] : others);
      });
      return element("label", {}, box, choice);
    });
    const name = element("legend", {}, labelOf(setting));
    return element("fieldset", {}, name, ...boxes);
  },

  number(setting, change) {
    const { name, value, low, high, step } = setting;
    const limits = { min: low ?? false, max: high ?? false, step: step ?? "any" };
    const box = element("input", { type: "number", name, value: String(value), ...limits });
    box.addEventListener("change", () => {
      if (box.value === "") box.value = String(value);
      else change(Number(box.value));
    });
    return labelled(setting, takeAtEnter(box));
  },

  switch(setting, change) {
    const box = element("input", { type: "checkbox", name: setting.name, checked: Boolean(setting.value) });
    box.addEventListener("change", () => change(box.checked));
    return element("label", {}, box, labelOf(setting));
  },

  text(setting, change) {
    const box = element("input", { type: "text", name: setting.name, value: String(setting.value) });
    box.addEventListener("change", () => change(box.value));
    return labelled(setting, takeAtEnter(box));
  },
};

function labelOf({ label, name }: Setting): string {
  return label || name.replaceAll("_", " ");
}

function labelled(setting: Setting, field: HTMLElement): HTMLElement {
  return element("label", { class: "field" }, element("span", {}, labelOf(setting)), field);
}
