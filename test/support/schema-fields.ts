import type { z } from 'zod';

/**
 * The paths of every field a schema knows, each item of an array as `0`: `changes`, `changes.0.skill.name`. Throws for a
 * kind of schema it can't look into, so that no field stays out of sight.
 */
export function fieldPaths(schema: z.core.$ZodType, path = ''): string[] {
  const { def } = schema._zod as unknown as { def: z.core.$ZodTypes['_zod']['def'] };
  switch (def.type) {
    case 'object':
      return unique(
        Object.entries(def.shape).flatMap(([name, field]) => {
          const inner = path === '' ? name : `${path}.${name}`;
          return [inner, ...fieldPaths(field, inner)];
        }),
      );
    case 'array':
      return fieldPaths(def.element, `${path}.0`);
    case 'union':
      return unique(def.options.flatMap((option) => fieldPaths(option, path)));
    case 'optional':
    case 'default':
      return fieldPaths(def.innerType, path);
    case 'pipe':
      return fieldPaths(def.in, path);
    case 'string':
    case 'number':
    case 'literal':
    case 'enum':
    case 'custom':
    case 'unknown':
      return [];
    default:
      throw new Error(`fieldPaths can't look into ${def.type} at ${path}`);
  }
}

function unique(paths: string[]): string[] {
  return [...new Set(paths)];
}
