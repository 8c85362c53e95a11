import { makeSimulatedPorts } from '../support/simulated-ports.ts';
import { portsContract } from './ports.contract.ts';

portsContract('simulated', makeSimulatedPorts);
