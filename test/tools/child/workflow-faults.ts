// Prints what GitHub's parser says of the workflow on standard input. It is a program of its own, run by tsx, since the
// parser imports JSON in a way that Node.js does not take.
import { readFileSync } from 'node:fs';
import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';

const content = readFileSync(0, 'utf8');
const { context } = parseWorkflow({ name: 'workflow.yml', content }, new NoOperationTraceWriter());
console.log(JSON.stringify(context.errors.getErrors().map(String)));
