type Command = (argument: never) => unknown;

/** A command of the parent. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument?: unknown;
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/** Runs the parent's command, and returns its result. The process ends when the parent does. */
export function answerParent(commands: Readonly<Record<string, Command>>): void {
  process.on('message', (question: Question) => void answer(commands, question));
  process.on('disconnect', endWithParent);
}

async function answer(commands: Readonly<Record<string, Command>>, { id, name, argument }: Question): Promise<void> {
  try {
    const result: unknown = await commands[name]!(argument as never);
    process.send!({ id, result } satisfies Answer);
  } catch (error) {
    process.send!({ id, error: String(error) } satisfies Answer);
  }
}

function endWithParent(): void {
  process.exit();
}

/** Disconnects from the parent: the process continues only while it has something to do. */
export function leaveParent(): void {
  process.off('disconnect', endWithParent);
  process.disconnect();
}
