-- wrk against POST /v1/noop, pipelined: `wrk … -s noop.lua URL -- DEPTH`. The bodies are as large as
-- those of a seed: a user, a product and an order of three lines in turn.
local bodies = {
  '{"id":"018cc251-f400-7c17-936c-90b9c5993da3","email":"8d1f6a0c2b3e4f57.12345@example.com","name":"Grace Lamport"}',
  '{"id":"018cc251-f400-7c17-936c-90b9c5993da3","name":"Copper Kettle 12345","description":"A Copper Kettle with a touch of Linen","price":173.35}',
  '{"id":"018cc251-f400-7c17-936c-90b9c5993da3","userId":"018cc251-f400-7c17-936c-90b9c5993da3","items":[{"productId":"018cc251-f400-7c17-936c-90b9c5993da3","quantity":2},{"productId":"018cc252-0788-785c-81a8-f589c83163e6","quantity":7},{"productId":"018cc251-f400-7c17-936c-90b9c5993da3","quantity":5}]}',
}
local requests

function init(args)
  local depth = tonumber(args[1]) or 64
  local headers = {
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = "0123456789abcdef0123456789abcdef",
  }
  local parts = {}
  for i = 1, depth do
    parts[i] = wrk.format("POST", "/v1/noop", headers, bodies[(i - 1) % #bodies + 1])
  end
  requests = table.concat(parts)
end

function request()
  return requests
end
