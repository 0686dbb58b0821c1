#pragma once

#include "tests/fault/faulty_vfs.h"
#include "tests/fault/store_world.h"

#include <cstdint>
#include <string>
#include <vector>

namespace evd::test {

// What a scenario came to.
struct Outcome {
    uint64_t injected = 0;    // faults that hit
    uint64_t candidates = 0;  // operations that the plan could have hit
    std::vector<std::string> violations;
};

// A short life of a store, from the making of its shards over ingest, checkpoints and a shutdown to
// a second start, with one plan of faults; then the faults end, everything is delivered, and the
// books are checked. Not for kinds of death and power cuts.
Outcome surviveFaults(FaultPlan plan, StoreWorld::Shape shape, uint64_t seed);

// The same life until the power is cut (plan of that kind, or LostSync for a lying disk that then
// loses its power); the machine starts anew with what the disk has kept.
Outcome survivePowerCut(FaultPlan plan, StoreWorld::Shape shape, uint64_t seed);

// What a folder holds before a process dies in it.
enum class Scene {
    Empty,         // shards must be made
    Filled,        // an earlier lifetime's shards
    NoSchema,      // a shard found corrupt at start: quarantine, and a fresh one
    DamagedIndex,  // a shard found corrupt by the first insert: the same at run time
};
inline constexpr size_t kScenes = 4;

// A process dies at that operation (plan of kind Death or TornDeath); its successor goes on, and
// the collector that outlives it sends again what it had no answer for.
Outcome surviveDeath(FaultPlan plan, Scene scene, StoreWorld::Shape shape, uint64_t seed);
// The same with another fault on the way to it: what failed must not come back to life.
Outcome surviveFaultAndDeath(FaultPlan fault, FaultPlan death, StoreWorld::Shape shape);

// Points the index that every insert needs at a page that is none of its own, or drops it. The
// store must be closed.
void damageIndex(const std::string& shard_path);
void dropSchema(const std::string& shard_path);
// Past all protection, and without moving the log into the database at the end.
void executeRaw(const std::string& path, const char* sql);

}  // namespace evd::test
