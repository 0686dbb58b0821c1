#include "store/shard_router.h"

#include "common/base/check.h"

namespace evd::store {

ShardRouter::ShardRouter(const std::vector<uint16_t>& shards, const std::set<uint16_t>& excluded,
                         uint16_t cpu_count)
    : cpus_(cpu_count) {
    std::vector<uint16_t> healthy;
    for (size_t index = 0; index < shards.size(); ++index) {
        if (!excluded.contains(shards[index])) {
            healthy.push_back(shards[index]);
            cpus_.at(index % cpu_count).shards.push_back(shards[index]);
        }
    }
    EVD_CHECK(!healthy.empty() && cpu_count > 0, "routing needs a cpu and a healthy shard");
    for (size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
        if (cpus_[cpu].shards.empty()) {
            const uint16_t shared = shards[cpu % shards.size()];
            cpus_[cpu].shards.push_back(excluded.contains(shared) ? healthy[cpu % healthy.size()]
                                                                  : shared);
        }
    }
}

uint16_t ShardRouter::next(uint16_t cpu) {
    Cpu& state = cpus_.at(cpu);
    const uint16_t shard = state.shards[state.turn];
    state.turn = (state.turn + 1) % state.shards.size();
    return shard;
}

}  // namespace evd::store
