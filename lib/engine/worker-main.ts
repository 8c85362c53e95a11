import { parentPipe } from '../adapters/embedded/remote-ports.ts';
import { runWorker } from './worker.ts';

await runWorker(parentPipe());
