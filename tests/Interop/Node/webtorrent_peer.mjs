// A WebTorrent peer on one torrent, whose uTP is utp-native's (libutp).
//
// usage: node webtorrent_peer.mjs MODULES TORRENT FOLDER PORT [PEER_HOST:PORT ...]
//
// MODULES is the node_modules with webtorrent in it. Seeds what is in FOLDER and downloads what is missing there, listening on PORT. Prints
// "no uTP" and ends if utp-native is missing, and "seeding" when it has everything. Ends when its input ends.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [modules, torrentFile, folder, port, ...peers] = process.argv.slice(2)
const { default: WebTorrent } = await import(pathToFileURL(`${modules}/webtorrent/index.js`))
if (!WebTorrent.UTP_SUPPORT) {
  console.log('no uTP')
  process.exit(0)
}
const client = new WebTorrent({ dht: false, lsd: false, tracker: false, webSeeds: false, natUpnp: false, natPmp: false, torrentPort: Number(port) })
client.on('error', error => console.error(error))
client.add(readFileSync(torrentFile), { path: folder, announce: [] }, torrent => {
  torrent.on('wire', wire => console.log(`wire ${wire.type}`))
  torrent.on('warning', warning => console.error(warning))
  const done = () => console.log('seeding')
  if (torrent.done) done()
  else torrent.on('done', done)
  for (const peer of peers) torrent.addPeer(peer)
})
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
