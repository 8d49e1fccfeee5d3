/** A box in CSS pixels. */
export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}
