import { runCommandLine } from '../../../backend/cli/program';
import { toyRegistries } from './registries';

await runCommandLine(toyRegistries);
