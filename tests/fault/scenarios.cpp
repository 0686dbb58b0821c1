#include "tests/fault/scenarios.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/db/sql_functions.h"
#include "common/db/sqlite.h"

#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <filesystem>
#include <memory>

namespace evd::test {

namespace {

constexpr int kRunsPerStep = 4;
constexpr int kLifetimes = 2;
constexpr int kStepsOfLife = kLifetimes * 3;
constexpr uint16_t kCpusHeard = 8;

// What happens in the life of a store, whatever fails. Ends early when the power is gone.
void live(StoreWorld& world) {
    const FaultyVfs& vfs = FaultyVfs::instance();
    for (int lifetime = 0; lifetime < kLifetimes && !vfs.isDark(); ++lifetime) {
        if (!world.isRunning() && !world.start()) {
            continue;
        }
        world.rereadRings();
        for (int step = 0; step < kStepsOfLife / kLifetimes && !vfs.isDark(); ++step) {
            world.emitEverywhere(kRunsPerStep);
            world.deliver();
        }
        if (lifetime == 0) {
            world.shutDown();
        }
    }
}

void collect(Outcome& outcome, const StoreWorld& world, StoreWorld::Expect expect, bool finished) {
    outcome.violations = world.violations(expect);
    if (!finished) {
        outcome.violations.push_back("the store does not come back when the faults have ended");
    }
}

// A reader like queryd: while it has a shard open, whoever closes it leaves the log as it is.
class Reader {
  public:
    explicit Reader(const std::string& path) {
        auto opened = db::Connection::openForReading(path);
        if (opened) {
            connection_ = std::move(opened).value();
            auto query = connection_->prepare("SELECT count(*) FROM metadata");
            EVD_CHECK(query.ok() && query.value()->step().ok(), "a shard can be read");
        }
    }

  private:
    std::unique_ptr<db::Connection> connection_;
};

// What the dying process tells of its answers, in memory that outlives it.
class Heard {
  public:
    Heard()
        : answered_(static_cast<Numbers*>(::mmap(nullptr, sizeof(Numbers), PROT_READ | PROT_WRITE,
                                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
        EVD_CHECK(answered_ != MAP_FAILED, "no shared memory");
    }
    ~Heard() { ::munmap(answered_, sizeof(Numbers)); }
    Heard(const Heard&) = delete;
    Heard& operator=(const Heard&) = delete;

    void tell(uint16_t cpu, uint64_t last) { answered_->by_cpu.at(cpu).store(last); }
    void tellSurvived(uint64_t candidates) {
        answered_->survived.store(1);
        answered_->candidates.store(candidates);
    }
    bool hasSurvived() const { return answered_->survived.load() != 0; }
    uint64_t answered(uint16_t cpu) const { return answered_->by_cpu.at(cpu).load(); }
    uint64_t candidates() const { return answered_->candidates.load(); }

  private:
    struct Numbers {
        std::array<std::atomic<uint64_t>, kCpusHeard> by_cpu;
        std::atomic<uint64_t> survived;
        std::atomic<uint64_t> candidates;
    };
    Numbers* answered_;
};

// Runs `work` in a process of its own, which dies without a word when it is done; its status.
template <typename Work>
int inDyingProcess(const Work& work) {
    const pid_t child = ::fork();
    EVD_CHECK(child >= 0, "no process can be made");
    if (child == 0) {
        work();
        ::_exit(0);
    }
    int status = -1;
    EVD_CHECK(::waitpid(child, &status, 0) == child, "a child is waited for once");
    return status;
}

// What an earlier lifetime has left, with its last transactions in the log only.
void setScene(StoreWorld& world, Scene scene) {
    if (scene == Scene::Empty) {
        return;
    }
    world.emitEverywhere(kRunsPerStep);
    const int status = inDyingProcess([&] {
        EVD_CHECK(world.start() && world.deliverAll(1), "a healthy store takes what it gets");
    });
    EVD_CHECK(status == 0, "a healthy store fills its shards");
    world.heardAllAnswered();
    switch (scene) {
        case Scene::Empty:
        case Scene::Filled:
            break;
        case Scene::NoSchema:
            dropSchema(world.shardPath(0));
            break;
        case Scene::DamagedIndex:
            damageIndex(world.shardPath(0));
            break;
    }
}

void live(StoreWorld& world, const std::vector<FaultPlan>& plans, Heard& heard) {
    FaultyVfs& vfs = FaultyVfs::instance();
    world.on_answered = [&](uint16_t cpu, uint64_t last) { heard.tell(cpu, last); };
    const Reader reader(world.shardPath(0));
    vfs.arm(plans.front());
    for (size_t plan = 1; plan < plans.size(); ++plan) {
        vfs.armAlso(plans[plan]);
    }
    live(world);
    if (world.isRunning()) {
        world.shutDown();
    }
    heard.tellSurvived(vfs.candidates());
}

Outcome dieWith(const std::vector<FaultPlan>& plans, Scene scene, StoreWorld::Shape shape) {
    FaultyVfs& vfs = FaultyVfs::instance();
    vfs.disarm();
    vfs.keepShadows(false);
    StoreWorld world(shape);
    setScene(world, scene);
    Heard heard;
    const int status = inDyingProcess([&] { live(world, plans, heard); });
    // Only the death is counted: whether a fault on the way to it hit, nobody is left to say.
    // The child emitted what the parent did not see; the same runs are emitted again, in order.
    Outcome outcome{heard.hasSurvived() ? 0u : 1u, heard.candidates(), {}};
    world.emitEverywhere(kStepsOfLife * kRunsPerStep);
    for (uint16_t cpu = 0; cpu < shape.cpus; ++cpu) {
        world.heardAnswered(cpu, heard.answered(cpu));
    }
    const bool finished = world.finish();
    collect(outcome, world, StoreWorld::Expect::Everything, finished);
    if (status != 0) {
        outcome.violations.push_back(base::cat("the child ended with status ", status));
    }
    return outcome;
}

}  // namespace

Outcome surviveFaults(FaultPlan plan, StoreWorld::Shape shape, uint64_t) {
    FaultyVfs& vfs = FaultyVfs::instance();
    vfs.keepShadows(false);
    StoreWorld world(shape);
    vfs.arm(plan);
    live(world);
    Outcome outcome{vfs.injected(), vfs.candidates(), {}};
    vfs.disarm();
    const bool finished = world.finish();
    collect(outcome, world, StoreWorld::Expect::Everything, finished);
    return outcome;
}

Outcome survivePowerCut(FaultPlan plan, StoreWorld::Shape shape, uint64_t seed) {
    FaultyVfs& vfs = FaultyVfs::instance();
    vfs.keepShadows(true);
    std::mt19937_64 random(seed);
    StoreWorld world(shape);
    vfs.arm(plan);
    live(world);
    Outcome outcome{vfs.injected(), vfs.candidates(), {}};
    if (world.isRunning() && !vfs.isDark()) {
        // A lying disk: the power goes when the life is over.
        vfs.arm({FaultKind::PowerCut, 1, 1});
        world.emitEverywhere(1);
        world.deliver();
    }
    world.kill();
    if (std::filesystem::exists(world.folder())) {
        vfs.powerBack(world.folder(), random);
    }
    vfs.disarm();
    vfs.keepShadows(false);
    world.reboot();
    world.emitEverywhere(kRunsPerStep);
    const bool finished = world.finish();
    collect(outcome, world,
            plan.kind == FaultKind::LostSync ? StoreWorld::Expect::NothingTwice
                                             : StoreWorld::Expect::Everything,
            finished);
    return outcome;
}

Outcome surviveDeath(FaultPlan plan, Scene scene, StoreWorld::Shape shape, uint64_t) {
    return dieWith({plan}, scene, shape);
}

Outcome surviveFaultAndDeath(FaultPlan fault, FaultPlan death, StoreWorld::Shape shape) {
    return dieWith({fault, death}, Scene::Filled, shape);
}

void executeRaw(const std::string& path, const char* sql) {
    sqlite3* handle = nullptr;
    EVD_CHECK(sqlite3_open(path.c_str(), &handle) == SQLITE_OK, "a shard to damage can be opened");
    EVD_CHECK(db::registerSqlFunctions(handle).ok(), "a shard's functions can be had");
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    int persist = 1;
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
    EVD_CHECK(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK,
              "a shard can be damaged");
    sqlite3_close(handle);
}

void damageIndex(const std::string& shard_path) {
    executeRaw(shard_path,
               "PRAGMA writable_schema=ON; UPDATE sqlite_master SET rootpage = (SELECT rootpage "
               "FROM sqlite_master WHERE name = 'events') WHERE name = 'idx_events_timestamp'");
}

void dropSchema(const std::string& shard_path) {
    executeRaw(shard_path, "DROP INDEX idx_events_timestamp");
}

}  // namespace evd::test
