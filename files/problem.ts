/** A place in a file, counted from 1. A column is a cell's number in a table, a character's number elsewhere. */
export interface Position {
  line: number;
  column: number;
}

/** One thing that is wrong with a file, and where. */
export interface FileProblem extends Position {
  message: string;
}

/** Problems beyond this many are only counted: nobody reads a million lines, and they have to fit into memory. */
const MAX_PROBLEMS = 1_000;

/** Everything that is wrong with one file. */
export class FileProblems {
  readonly #kept: FileProblem[] = [];
  /** Problems that were found and not kept. */
  leftOut = 0;

  add(line: number, column: number, message: string): void {
    if (this.#kept.length < MAX_PROBLEMS) this.#kept.push({ line, column, message });
    else this.leftOut += 1;
  }

  /** For a place that takes some looking for: nobody looks once enough problems are kept. */
  addAt(place: () => Position, message: string): void {
    if (this.#kept.length < MAX_PROBLEMS) this.#kept.push({ ...place(), message });
    else this.leftOut += 1;
  }

  get count(): number {
    return this.#kept.length + this.leftOut;
  }

  /** In the order of the file. */
  list(): FileProblem[] {
    return this.#kept.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }
}
