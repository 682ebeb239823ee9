/** What was acquired, to be released in the opposite order. */
export interface UndoStack {
  push(undo: () => unknown): void;
  /** Releases everything, also when one part of it fails. Does nothing the second time. */
  release(): Promise<void>;
}

/** An empty stack; `onError` is told what could not be released. */
export function createUndoStack(onError: (error: unknown) => void): UndoStack {
  const undos: (() => unknown)[] = [];
  return {
    push: (undo) => undos.push(undo),
    async release() {
      for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
        try {
          await undo();
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}
