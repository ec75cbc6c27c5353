import { parseSync } from 'oxc-parser';

/** What the rules of the architecture need to know about one source file. */
export interface SourceModule {
  /** The path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly lineCount: number;
  readonly imports: readonly SourceImport[];
  /** The file consists of `export … from` statements and comments. */
  readonly isOnlyReExports: boolean;
}

export interface SourceImport {
  /** As written; undefined if it is computed, and therefore unknown. */
  readonly specifier: string | undefined;
  readonly line: number;
  /** The import is absent from the JavaScript. */
  readonly isTypeOnly: boolean;
}

/** Reads the imports of a TypeScript file: statements, re-exports, `import()` and the types of `import('…')`. */
export function parseSourceModule(path: string, text: string): SourceModule {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`Cannot parse ${path}: ${errors[0]?.message}`);
  const imports = importingNodes(program).map((node) => ({
    specifier: specifierOf(node),
    line: text.slice(0, node.start).split('\n').length,
    isTypeOnly: node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type',
  }));
  return {
    path,
    lineCount: text.trimEnd().split('\n').length,
    imports,
    isOnlyReExports: program.body.every((node) => 'source' in node && node.source && node.type.startsWith('Export')),
  };
}

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly importKind?: string;
  readonly exportKind?: string;
  readonly source?: { readonly value?: unknown } | null;
}

const importTypes = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
  'TSExternalModuleReference',
]);

function importingNodes(value: unknown): SyntaxNode[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(importingNodes);
  return isImportingNode(value) ? [value, ...below] : below;
}

function isImportingNode(value: object): value is SyntaxNode {
  if (!('type' in value) || typeof value.type !== 'string' || !importTypes.has(value.type)) return false;
  return !(value.type === 'ExportNamedDeclaration' && 'source' in value && value.source === null);
}

function specifierOf(node: SyntaxNode): string | undefined {
  const literal = node.type === 'TSExternalModuleReference' && 'expression' in node ? node.expression : node.source;
  const value = (literal as { value?: unknown } | undefined)?.value;
  return typeof value === 'string' ? value : undefined;
}
