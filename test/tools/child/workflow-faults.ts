// Prints the errors that GitHub's parser finds in the workflow on standard input. It is a separate program, run by tsx,
// because the parser imports JSON in a way that Node.js does not support.
import { readFileSync } from 'node:fs';
import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';

const content = readFileSync(0, 'utf8');
const { context } = parseWorkflow({ name: 'workflow.yml', content }, new NoOperationTraceWriter());
console.log(JSON.stringify(context.errors.getErrors().map(String)));
