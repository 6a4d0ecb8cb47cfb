import { childrenOf, type Shape } from "./shape.js";

/** Where a shape holds a check that only code can perform; undefined where all of it can be told in words. */
export function refinedAt(shape: Shape, path = ""): string | undefined {
  if (shape.refined) return path;
  if (shape.kind !== "object") return first(childrenOf(shape).map((child) => () => refinedAt(child, path)));
  const fields = shape.fields.map(
    (field) => () => refinedAt(field.shape, path === "" ? field.name : `${path}.${field.name}`),
  );
  const { unknownKeys } = shape;
  return first(typeof unknownKeys === "object" ? [...fields, () => refinedAt(unknownKeys, path)] : fields);
}

function first(looks: readonly (() => string | undefined)[]): string | undefined {
  for (const look of looks) {
    const found = look();
    if (found !== undefined) return found;
  }
  return undefined;
}
