import { serve } from '@turnout/example-host';
import { createEchoApp } from './echo-app.ts';

serve({ example: createEchoApp(), defaultPort: 3001 });
