// nodemailer's pool with the bytes built beforehand.
// Usage: node nodemailer_pool.cjs PORT MESSAGES FILE CONNECTIONS; NODE_PATH finds nodemailer.
const fs = require('node:fs')
const nodemailer = require('nodemailer')

const [port, messages, file, connections] = process.argv.slice(2)

async function main() {
  const raw = fs.readFileSync(file)
  const pool = nodemailer.createTransport({
    pool: true,
    host: '127.0.0.1',
    port: Number(port),
    secure: false,
    ignoreTLS: true,
    maxConnections: Number(connections),
    maxMessages: Infinity,
  })
  const cpu = process.cpuUsage()
  const started = process.hrtime.bigint()
  let next = 0
  const lane = async () => {
    while (next < Number(messages)) {
      const to = `reader${next++}@example.org`
      await pool.sendMail({ envelope: { from: 'bounces@example.org', to }, raw })
    }
  }
  await Promise.all(Array.from({ length: 2 * Number(connections) }, lane))
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  const { user, system } = process.cpuUsage(cpu)
  pool.close()
  const peak = process.resourceUsage().maxRSS / 1024
  console.log(
    JSON.stringify({ work: Number(messages), seconds, cpu: (user + system) / 1e6, peak_mb: peak })
  )
}

main()
