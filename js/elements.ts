const FLASH_MS = 1500;

type Attributes = Record<string, string | number | boolean>;

/** Make an element; attributes that are `false` are left out, `true` becomes an empty attribute. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** Make a button that calls `onClick`, unless it is aria-disabled: so it keeps the focus, which `disabled` would lose. */
export function button(label: string, attributes: Attributes, onClick: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", () => {
    if (made.ariaDisabled !== "true") onClick();
  });
  return made;
}

/** Take what was typed at Enter too, not only when the focus leaves: JupyterLab keeps the browser from doing so. */
export function takeAtEnter(input: HTMLInputElement): HTMLInputElement {
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    input.dispatchEvent(new Event("change"));
  });
  return input;
}

/** Hand the focus on from what is about to be hidden or removed: else the keyboard would begin at the top of the page. */
export function passFocus(from: HTMLElement, heir: HTMLElement): void {
  if (from.matches(":focus") || from.querySelector(":focus")) heir.focus({ preventScroll: true });
}

/** Bring what somebody here asked for into view, with the focus, and flash its outline. */
export function present(el: HTMLElement, block: "nearest" | "start" = "nearest"): void {
  el.tabIndex = -1;
  el.focus({ preventScroll: true });
  const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  el.scrollIntoView({ block, behavior: isStill ? "auto" : "smooth" });
  el.classList.add("new");
  window.setTimeout(() => el.classList.remove("new"), FLASH_MS);
}

/** Make these the children of `parent`, and move none that stays in order: it would lose the focus and its place. */
export function setChildren(parent: Element, children: readonly Element[]): void {
  const kept = new Set(children);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  children.forEach((child, i) => {
    const there = parent.children[i];
    if (there !== child) parent.insertBefore(child, there ?? null);
  });
}

/** Whether a key is pressed together with one that makes it the browser's or the system's. */
export function isCommand({ ctrlKey, altKey, metaKey }: KeyboardEvent): boolean {
  return ctrlKey || altKey || metaKey;
}

/** Set text only where it differs, so that a screen reader is not told again and a selection stays. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
