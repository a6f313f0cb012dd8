// An issuer whose tokens name ann, a trader; a line on standard input gives it one more key.
import {createInterface} from 'node:readline';
import {OAuth2Server} from 'oauth2-mock-server';

const server = new OAuth2Server();
await server.issuer.keys.generate('RS256');
server.service.on('beforeTokenSigning', (token) => {
  Object.assign(token.payload, {sub: 'ann', roles: ['traders']});
});
await server.start(0, '127.0.0.1');
console.log(server.issuer.url);
for await (const line of createInterface({input: process.stdin})) {
  await server.issuer.keys.generate(line);
  console.log(line);
}
await server.stop();
