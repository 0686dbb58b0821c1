#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

namespace evd::store {

inline constexpr uint16_t kShardsMax = 256;  // Spec §2.3

// Which shard a cpu's next run goes to (Spec §2.3).
//
// Shard j belongs to cpu j % cpu_count; with fewer shards than cpus, cpu c shares shard
// c % shard_count. A cpu with several shards takes them in turn, a run at a time (Ruling S11).
// Excluded shards get nothing and their share goes to the cpu's others, or to all healthy ones when
// the cpu has none left (Ruling S10). Pure; fixed for the life of the process but for the turns.
class ShardRouter {
  public:
    // shards: the numbers of all shards in the order of their index j; at least one is not
    // excluded.
    ShardRouter(const std::vector<uint16_t>& shards, const std::set<uint16_t>& excluded,
                uint16_t cpu_count);

    // The shard for the cpu's next run; moves its turn on.
    uint16_t next(uint16_t cpu);
    const std::vector<uint16_t>& shardsOf(uint16_t cpu) const { return cpus_.at(cpu).shards; }

  private:
    struct Cpu {
        std::vector<uint16_t> shards;
        size_t turn = 0;
    };
    std::vector<Cpu> cpus_;
};

}  // namespace evd::store
