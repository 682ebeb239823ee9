FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm run sbom && npm prune --omit=dev

FROM node:24-bookworm-slim
# Temporal's native connection reads the system's root certificates, which the slim image lacks.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node /var/lib/cxone-skills
WORKDIR /app
COPY --from=build /app/package.json /app/sbom.cdx.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/bin ./bin
COPY --from=build /app/dist ./dist
# With glibc's default of many arenas a worker takes some 50 MiB more.
ENV NODE_ENV=production \
  MALLOC_ARENA_MAX=2 \
  AUDIT_FILE=/var/lib/cxone-skills/audit.jsonl \
  HEALTH_ADDRESS=127.0.0.1:8086
USER node
VOLUME /var/lib/cxone-skills
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://' + process.env.HEALTH_ADDRESS + '/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/cxone-skills.js"]
CMD ["worker"]
