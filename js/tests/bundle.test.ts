import { build } from "esbuild";
import { expect, test } from "vitest";

test("the bundle stays below 300 KB and asks no other server for anything", async () => {
  const { outputFiles } = await build({
    entryPoints: ["dashboard.ts"],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outdir: "out",
    write: false,
  });
  const size = outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
  expect(size).toBeLessThan(300_000);
  expect(outputFiles.some(({ text }) => /\bimport\s*\(?["']https?:|\beval\(/.test(text))).toBe(false);
});
