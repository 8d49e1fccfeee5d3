/** The theme's colours by the names of the style sheet, without the dashes. */
export const COLOURS = ["accent", "bad", "bg", "dim", "dot", "ink", "line", "mark", "wash"] as const;

/** Colours and font as strings that a canvas takes. */
export type Palette = Record<(typeof COLOURS)[number] | "family", string>;
