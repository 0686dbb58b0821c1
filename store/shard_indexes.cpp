#include "store/shard_indexes.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/db/statements.h"
#include "store/file_room.h"
#include "store/shard_database.h"

#include <algorithm>
#include <utility>

namespace evd::store {

namespace {

constexpr std::string_view kFindIndexes =
    "SELECT name, sql FROM sqlite_master "
    "WHERE type = 'index' AND tbl_name = 'events' AND sql IS NOT NULL ORDER BY name";

// Lower is less wanted; what is not wanted at all comes first.
size_t rankOf(const MaterialIndex& index, const DesiredIndexesView& desired) {
    if (!index.field || desired == nullptr) {
        return 0;
    }
    const auto found = std::find(desired->begin(), desired->end(), *index.field);
    return static_cast<size_t>(desired->end() - found);
}

}  // namespace

void ShardIndexes::want(DesiredIndexesView desired) {
    const std::lock_guard lock(mutex_);
    desired_given_ = std::move(desired);
    figures_.wanted = desired_given_->size();
}

void ShardIndexes::setSettings(Shedding::Settings settings) {
    const std::lock_guard lock(mutex_);
    settings_ = settings;
}

void ShardIndexes::noteRingFill(uint32_t percent) {
    uint32_t before = ring_fill_percent_.load();
    while (before < percent && !ring_fill_percent_.compare_exchange_weak(before, percent)) {
    }
}

ShardIndexes::Figures ShardIndexes::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

void ShardIndexes::adopt() {
    const std::lock_guard lock(mutex_);
    if (desired_ != desired_given_) {
        desired_ = desired_given_;
        schedule_.startOver();
    }
    shedding_.setSettings(settings_);
}

void ShardIndexes::publish() {
    std::erase_if(shed_, [&](const std::string& key) {
        return desired_ == nullptr ||
               std::none_of(desired_->begin(), desired_->end(),
                            [&](const IndexField& field) { return indexNameKey(field) == key; });
    });
    const std::lock_guard lock(mutex_);
    figures_.present = material_.size();
    figures_.shed = shed_.size();
    figures_.building = 0;
}

base::Result<void> ShardIndexes::discover(db::Connection& connection) {
    auto query = connection.prepare(kFindIndexes);
    if (!query) {
        return query.error();
    }
    material_.clear();
    for (;;) {
        auto row = query.value()->step();
        if (!row) {
            return row.error();
        }
        if (!row.value()) {
            break;
        }
        auto index = readMaterialIndex(query.value()->columnText(0), query.value()->columnText(1));
        if (index) {
            shed_.erase(base::foldAscii(index->name));
            material_.push_back(std::move(*index));
        }
    }
    fitCache(connection);
    publish();
    return {};
}

// Inserts touch pages all over each index (Spec §14.1, page cache). A cache of another size is no
// reason to fail: it is a convenience.
void ShardIndexes::fitCache(db::Connection& connection) const {
    const size_t kib = kWriterCacheKib + kCacheKibPerIndex * material_.size();
    (void)connection.execute(base::cat("PRAGMA cache_size=-", kib));
}

base::Result<void> ShardIndexes::committed(db::Connection& connection, int64_t now_ns,
                                           const BatchLoad& load) {
    adopt();
    schedule_.workCame(now_ns);
    switch (shedding_.committed(now_ns, load, ring_fill_percent_.exchange(0))) {
        case Shedding::Verdict::Keep:
            return {};
        case Shedding::Verdict::ShedLowest:
            return shed(connection, lowestIndex());
        case Shedding::Verdict::ShedAll:
            return shed(connection, allIndexes());
    }
    return {};
}

std::vector<std::string> ShardIndexes::lowestIndex() const {
    const auto lowest = std::min_element(
        material_.begin(), material_.end(), [&](const auto& left, const auto& right) {
            return rankOf(left, desired_) < rankOf(right, desired_);
        });
    return lowest == material_.end() ? std::vector<std::string>()
                                     : std::vector<std::string>{lowest->name};
}

std::vector<std::string> ShardIndexes::allIndexes() const {
    std::vector<std::string> names;
    for (const MaterialIndex& index : material_) {
        names.push_back(index.name);
    }
    return names;
}

base::Result<void> ShardIndexes::shed(db::Connection& connection,
                                      const std::vector<std::string>& names) {
    if (names.empty()) {
        return {};
    }
    const auto outcome = drop(connection, names);
    if (outcome) {
        for (const std::string& name : names) {
            shed_.insert(base::foldAscii(name));
        }
        fitCache(connection);
        base::logWarning(base::cat("shard ", shard_, " is pressed hard: gave up ", names.size(),
                                   names.size() == 1 ? " index, " : " indexes, first ",
                                   names.front(), ", until it is quiet again"));
        publish();
    }
    return tell(outcome, "an index could not be dropped");
}

base::Result<void> ShardIndexes::drop(db::Connection& connection,
                                      const std::vector<std::string>& names) {
    std::string sql;
    for (const std::string& name : names) {
        sql += dropIndexSql(name) + ";";
    }
    EVD_TRY(db::inTransaction(connection, [&] { return connection.execute(sql); }));
    std::erase_if(material_, [&](const MaterialIndex& index) {
        return std::find(names.begin(), names.end(), index.name) != names.end();
    });
    return {};
}

std::optional<int64_t> ShardIndexes::waitNs(int64_t now_ns) {
    adopt();
    if (desired_ == nullptr || !nextIndexStep(material_, *desired_)) {
        schedule_.startOver();
        return std::nullopt;
    }
    schedule_.wanted(now_ns);
    const int64_t wait_ns = schedule_.waitNs(now_ns);
    return shedding_.isCalm(now_ns) ? wait_ns : std::max(wait_ns, BuildSchedule::kQuietNsMax);
}

base::Result<void> ShardIndexes::tend(db::Connection& connection,
                                      const std::function<int64_t()>& now,
                                      const std::function<bool()>& should_stop) {
    if (waitNs(now()).value_or(1) > 0 || should_stop()) {
        return {};
    }
    const IndexStep step = *nextIndexStep(material_, *desired_);
    base::Result<void> outcome;
    if (step.kind == IndexStep::Kind::Drop) {
        outcome = drop(connection, {step.name});
    } else if (!build(connection, should_stop, outcome, step.field)) {
        schedule_.interrupted(now());
        publish();
        return {};
    }
    if (outcome) {
        last_failure_.clear();
        schedule_.startOver();
        return tell(discover(connection), "the indexes could not be listed");
    }
    schedule_.failed(now());
    publish();
    return tell(outcome, step.kind == IndexStep::Kind::Drop ? "an index could not be dropped"
                                                            : indexName(step.field));
}

// The log takes all of it at once, so the file must have room for it before the commit.
base::Result<void> ShardIndexes::buildWithRoom(db::Connection& connection,
                                               const std::function<bool()>& should_stop,
                                               const std::string& sql) {
    const auto room = FileRoom::prepare(connection);
    if (!room) {
        return room.error();
    }
    return db::inTransaction(connection, [&]() -> base::Result<void> {
        connection.setProgressCheck(should_stop, kBuildProgressSteps);
        const auto built = connection.execute(sql);
        connection.setProgressCheck({});
        EVD_TRY(built);
        return room.value()->reserve();
    });
}

// False: work came and the build was given up.
bool ShardIndexes::build(db::Connection& connection, const std::function<bool()>& should_stop,
                         base::Result<void>& outcome, const IndexField& field) {
    {
        const std::lock_guard lock(mutex_);
        figures_.building = 1;
    }
    // What is sorted for a large index does not fit into memory, and a sort in pieces can be
    // interrupted sooner.
    outcome = connection.execute("PRAGMA temp_store=FILE");
    if (outcome) {
        outcome = buildWithRoom(connection, should_stop, createIndexSql(field));
    }
    // It fails only within a transaction, and there is none.
    (void)connection.execute("PRAGMA temp_store=MEMORY");
    return outcome || outcome.error().kind != base::ErrorKind::Gone;
}

// Indexes are a convenience: what goes wrong with them is said once and tried again, unless the
// database itself is damaged.
base::Result<void> ShardIndexes::tell(base::Result<void> outcome, const std::string& what) {
    if (outcome || outcome.error().kind == base::ErrorKind::Corrupt) {
        return outcome;
    }
    std::string text = base::cat("shard ", shard_, ": ", what, ": ", outcome.error().text);
    if (text != last_failure_) {
        base::logWarning(text + ", trying again later");
        last_failure_ = std::move(text);
    }
    return {};
}

}  // namespace evd::store
