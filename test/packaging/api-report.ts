import { join } from 'node:path';
import * as ts from 'typescript59';
import { publishedFolders, readManifest, root } from '../architecture/read-workspace.ts';
import { entryNames } from './entries.ts';

const printer = ts.createPrinter({ removeComments: true });

interface Export {
  readonly name: string;
  /** The exported declarations, wherever they are. */
  readonly target: ts.Symbol;
  readonly isType: boolean;
}

/** The built declarations of every package, as read by a user's compiler. */
export class ApiReport {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;

  constructor() {
    const files = publishedFolders().flatMap((folder) => entryNames(folder).map((entry) => typesOf(folder, entry)));
    this.#program = ts.createProgram(files, {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      types: ['node'],
      skipLibCheck: true,
      noEmit: true,
    });
    this.#checker = this.#program.getTypeChecker();
  }

  /** The names of an entry's exported values. */
  values(folder: string, entry: string): string[] {
    return this.#exports(folder, entry)
      .filter(({ target, isType }) => !isType && (target.flags & ts.SymbolFlags.Value) !== 0)
      .map(({ name }) => name)
      .toSorted();
  }

  /**
   * The exports of an entry, with signatures and without comments; then the declarations of the package that these
   * refer to but that are not exported.
   */
  text(folder: string, entry: string): string {
    const exported = this.#exports(folder, entry);
    const declarationsIn = (symbol: ts.Symbol): ts.Declaration[] =>
      declarationsOf(symbol).filter((node) => fileOf(node).startsWith(`${root}${folder}/dist/types/`));
    const lines = exported.map(({ name, target, isType }) => {
      const own = declarationsIn(target);
      const kind = isType && target.flags & ts.SymbolFlags.Value ? 'export type' : 'export';
      return own.length > 0 ? `${kind} ${print(own)}` : `${kind} { ${name} } from '${originOf(target)}';`;
    });
    const reachable = new Set(exported.map(({ target }) => target));
    // Iterating over a Set includes items added during the iteration.
    for (const symbol of reachable) {
      for (const other of declarationsIn(symbol).flatMap((node) => this.#namedIn(node))) {
        if (declarationsIn(other).length > 0) reachable.add(other);
      }
    }
    for (const { target } of exported) reachable.delete(target);
    const hidden = [...reachable].map((symbol) => print(declarationsIn(symbol))).toSorted();
    const unexported = hidden.length > 0 ? ['// Not exported:', ...hidden] : [];
    return `${[...lines, ...unexported].join('\n\n')}\n`;
  }

  #exports(folder: string, entry: string): Export[] {
    const file = this.#program.getSourceFile(typesOf(folder, entry));
    const module = file && this.#checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${folder} has no types for ${entry}: run "pnpm build"`);
    return this.#checker
      .getExportsOfModule(module)
      .map((symbol) => ({ name: symbol.name, target: this.#targetOf(symbol), isType: this.#isTypeOnly(symbol) }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  #targetOf(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  /** Whether, for example, a class is exported with `export type`. */
  #isTypeOnly(symbol: ts.Symbol): boolean {
    let current: ts.Symbol | undefined = symbol;
    while (current !== undefined && current.flags & ts.SymbolFlags.Alias) {
      if (declarationsOf(current).some(ts.isTypeOnlyImportOrExportDeclaration)) return true;
      current = this.#checker.getImmediateAliasedSymbol(current);
    }
    return false;
  }

  /** The symbols of top-level declarations that a declaration refers to. */
  #namedIn(declaration: ts.Declaration): ts.Symbol[] {
    const found: ts.Symbol[] = [];
    const visit = (node: ts.Node): void => {
      const named = ts.isIdentifier(node) ? this.#checker.getSymbolAtLocation(node) : undefined;
      const target = named && this.#targetOf(named);
      if (target && declarationsOf(target).some(isTopLevel)) found.push(target);
      ts.forEachChild(node, visit);
    };
    visit(declaration);
    return found;
  }
}

/** The declarations of one symbol. */
function print(declarations: readonly ts.Declaration[]): string {
  return declarations
    .map(statementOf)
    .map((node) => printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()))
    .map((text) => text.replace(/^(export )?(declare )?/, ''))
    .join('\n');
}

function typesOf(folder: string, entry: string): string {
  return join(root, folder, 'dist/types', `${entry}.d.ts`);
}

function declarationsOf(symbol: ts.Symbol): readonly ts.Declaration[] {
  return symbol.declarations ?? [];
}

function fileOf(node: ts.Node): string {
  return node.getSourceFile().fileName;
}

/** For a variable, the whole statement. */
function statementOf(node: ts.Node): ts.Node {
  return ts.isVariableDeclaration(node) ? node.parent.parent : node;
}

/** In a module, or in its augmentation of another one. */
function isTopLevel(node: ts.Node): boolean {
  const { parent } = statementOf(node);
  return parent !== undefined && (ts.isSourceFile(parent) || ts.isModuleBlock(parent));
}

/** The package of a symbol. */
function originOf(symbol: ts.Symbol): string {
  const [file = ''] = declarationsOf(symbol).map(fileOf);
  const folder = publishedFolders().find((candidate) => file.startsWith(`${root}${candidate}/`));
  return folder === undefined ? file.replace(/^.*\/node_modules\//, '') : readManifest(folder).name;
}
