-- wrk reading random targets: `wrk … -s get.lua URL -- FILE` with one target (/v1/users/…) per line.
local targets = {}

function init(args)
  for line in io.lines(args[1]) do
    targets[#targets + 1] = wrk.format("GET", line)
  end
  math.randomseed(42)
end

function request()
  return targets[math.random(#targets)]
end
