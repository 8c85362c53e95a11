import { makeEmbeddedPorts, makeRemotePorts } from '../support/embedded-ports.ts';
import { portsContract } from './ports.contract.ts';

portsContract('embedded', makeEmbeddedPorts);
portsContract('embedded, through a pipe', makeRemotePorts);
