type Command = (argument: never) => unknown;

/** What the parent asks. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument?: unknown;
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/** Runs the command that the parent names, and sends back what it gives. The process ends when the parent does. */
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

/** Lets go of the parent: the process goes on while it has something to do, and not longer. */
export function leaveParent(): void {
  process.off('disconnect', endWithParent);
  process.disconnect();
}
