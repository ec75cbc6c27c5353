/**
 * The parameters of a path, by name: `{ room: string }` for `'/rooms/:room'`. A wildcard has a list of segments,
 * `{ file: string[] }` for `'/files/*file'`; one without a name is `'*'`. Those in braces or before a `?` are optional.
 * A path that is not a literal has parameters of any name.
 */
export type PathParameters<Path extends string> = string extends Path ? Record<string, string> : Read<Path>;

/** Reads a path from left to right; `Found` are the parameters that it had so far. */
type Read<Rest extends string, Found = unknown> = Rest extends `::${infer Next}` | `\\${string}${infer Next}`
  ? Read<Next, Found>
  : Rest extends `(${string})${infer Next}`
    ? Read<Next, Found>
    : Rest extends `{${infer Optional}}${infer Next}`
      ? Read<Next, Found & Partial<Read<Optional>>>
      : Rest extends `:${infer Named}`
        ? Read<AfterName<Named>, Found & Parameter<Named>>
        : Rest extends `*${infer Named}`
          ? Read<AfterName<Named>, Found & Wildcard<NameOf<Named>>>
          : Rest extends `${string}${infer Next}`
            ? Read<Next, Found>
            : unknown extends Found
              ? Record<never, never>
              : Found;

type Parameter<Named extends string> =
  AfterName<Named> extends `?${string}` ? Partial<Record<NameOf<Named>, string>> : Record<NameOf<Named>, string>;

type Wildcard<Name extends string> = Name extends '' ? Record<'*', string> : Record<Name, string[]>;

/** The name at the start of a text. */
type NameOf<Text extends string, Name extends string = ''> = Text extends `${infer Character}${infer Rest}`
  ? Character extends Punctuation
    ? Name
    : NameOf<Rest, `${Name}${Character}`>
  : Name;

type AfterName<Text extends string> = Text extends `${NameOf<Text>}${infer Rest}` ? Rest : '';

/** What ends a name. */
type Punctuation = '/' | '.' | '-' | ':' | '*' | '?' | '(' | ')' | '{' | '}' | '\\' | '~' | '@' | ',' | ';' | '+' | '=';
