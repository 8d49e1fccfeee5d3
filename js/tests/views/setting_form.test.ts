// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { settingForm } from "../../views/setting_form";
import { setting } from "../fake_dashboard";

test("a choice shows its labels and hands back the value, be it text, a number or nothing", () => {
  const change = vi.fn();
  const choices = [null, 0, 1, "all"];
  const form = settingForm([setting("choice", 1, { choices, labels: ["none", "0 film", "1 war"] })], change);
  const select = form.querySelector("select")!;
  expect([...select.options].map(({ text }) => text)).toEqual(["none", "0 film", "1 war", "all"]);
  expect(select.querySelector("[selected]")!.textContent).toBe("1 war");
  for (const [i, choice] of choices.entries()) {
    select.selectedIndex = i;
    select.dispatchEvent(new Event("change"));
    expect(change).toHaveBeenLastCalledWith("choice", choice);
  }
});

test.each([
  ["number", 3, "7", 7],
  ["text", "war", "horror", "horror"],
] as const)("what is typed into a %s box is taken at Enter", (kind, value, typed, taken) => {
  const change = vi.fn();
  const box = settingForm([setting(kind, value)], change).querySelector("input")!;
  box.value = typed;
  const enter = new KeyboardEvent("keydown", { key: "Enter", cancelable: true });
  box.dispatchEvent(enter);
  expect(change).toHaveBeenCalledExactlyOnceWith(kind, taken);
  expect(enter.defaultPrevented).toBe(true);
});
