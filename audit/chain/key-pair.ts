import { generateKeyPairSync } from 'node:crypto';
import { keyIdOf } from './checkpoint.ts';

/** A new Ed25519 key pair in PEM, PKCS #8 and SubjectPublicKeyInfo, and the id that checkpoints name it by. */
export function newKeyPair(): { keyId: string; privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    keyId: keyIdOf(publicKey),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
