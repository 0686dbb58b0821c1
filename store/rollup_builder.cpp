// How a pass finds what is missing without reading what is there: from the moment it has got to it
// seeks the next sample of the series, which names the next window that has any; if that window has
// a rollup the pass goes on behind it, and otherwise folds the window's samples. Each window costs
// two or three index seeks, whatever it holds.

#include "store/rollup_builder.h"

#include "common/base/text.h"
#include "common/db/metadata.h"
#include "common/db/statements.h"

#include <algorithm>
#include <cmath>

namespace evd::store {

namespace {

using db::Row;
using wire::RollupFunction;

constexpr int64_t kHistogramType = 2;
constexpr int64_t kCounterType = 0;

bool isPairwise(RollupFunction function) {
    return function == RollupFunction::Rate || function == RollupFunction::Delta;
}

// Histograms have no value of their own, and only counters have rates (Spec §8.4).
bool appliesTo(const RollupKind& kind, int64_t series_type) {
    return isPairwise(kind.function) ? series_type == kCounterType : series_type != kHistogramType;
}

void bindWindow(db::Statement& statement, const RollupKind& kind, int64_t series_id,
                int64_t window_start_ns) {
    statement.bindInteger(1, series_id);
    statement.bindInteger(2, static_cast<int64_t>(kind.function));
    statement.bindInteger(3, kind.window_seconds);
    statement.bindInteger(4, window_start_ns);
}

}  // namespace

base::Result<std::unique_ptr<RollupBuilder>> RollupBuilder::make(db::Connection& connection) {
    std::unique_ptr<RollupBuilder> builder(new RollupBuilder(connection));
    auto kinds = storedRollupKinds(connection);
    if (!kinds) {
        return kinds.error();
    }
    builder->remembered_ = std::move(kinds).value();
    const auto prepared = builder->prepare();
    if (!prepared) {
        return prepared.error();
    }
    return builder;
}

base::Result<void> RollupBuilder::prepare() {
    auto room = FileRoom::prepare(connection_);
    if (!room) {
        return room.error();
    }
    room_ = std::move(room).value();
    return db::prepareAll(
        connection_,
        {{next_series_, "SELECT id, type FROM series WHERE id >= ?1 ORDER BY id LIMIT 1"},
         {next_sample_,
          "SELECT timestamp FROM samples WHERE series_id = ?1 AND timestamp >= ?2 "
          "ORDER BY timestamp LIMIT 1"},
         {exists_,
          "SELECT 1 FROM rollups WHERE series_id = ?1 AND function = ?2 AND "
          "window_seconds = ?3 AND window_start = ?4"},
         {sample_before_,
          "SELECT timestamp, value FROM samples WHERE series_id = ?1 AND "
          "timestamp < ?2 ORDER BY timestamp DESC, rowid DESC LIMIT 1"},
         {samples_,
          "SELECT timestamp, value FROM samples WHERE series_id = ?1 AND "
          "timestamp >= ?2 AND timestamp < ?3 ORDER BY timestamp, rowid"},
         {insert_,
          "INSERT INTO rollups(series_id, function, window_seconds, window_start, "
          "value, sample_count) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"}});
}

RollupBuilder::Pass RollupBuilder::begin(const RollupKind& kind, int64_t from_ns,
                                         int64_t until_ns) {
    const int64_t start_ns = wire::windowStart(from_ns, kind.windowNs());
    return {kind, start_ns, until_ns, 0, start_ns, false};
}

base::Result<RollupBuilder::Work> RollupBuilder::step(Pass& pass, uint64_t looks_max) {
    Work work;
    Pass after = pass;
    const auto done = db::inTransaction(connection_, [&]() -> base::Result<void> {
        EVD_TRY(stepWithin(after, looks_max, work));
        return room_->reserve();
    });
    if (!done) {
        return done.error();
    }
    if (work.windows_made > 0 &&
        std::find(remembered_.begin(), remembered_.end(), pass.kind) == remembered_.end()) {
        remembered_.push_back(pass.kind);
    }
    pass = after;
    return work;
}

base::Result<void> RollupBuilder::stepWithin(Pass& pass, uint64_t looks_max, Work& work) {
    while (!pass.is_finished && work.looks < looks_max) {
        const auto series = nextSeries(pass.series_id);
        if (!series) {
            return series.error();
        }
        ++work.looks;
        if (!series.value()) {
            pass.is_finished = true;
            break;
        }
        if (series.value()->id != pass.series_id) {
            pass.series_id = series.value()->id;
            pass.series_from_ns = pass.from_ns;
        }
        bool has_more = appliesTo(pass.kind, series.value()->type);
        // At least one, or a step with little time would never get anywhere.
        while (has_more) {
            const auto more = nextWindow(pass, pass.series_id, work);
            if (!more) {
                return more.error();
            }
            has_more = more.value();
            if (work.looks >= looks_max) {
                break;
            }
        }
        if (!has_more) {
            ++pass.series_id;
            pass.series_from_ns = pass.from_ns;
        }
    }
    return {};
}

base::Result<std::optional<RollupBuilder::Series>> RollupBuilder::nextSeries(int64_t from_id) {
    next_series_->bindInteger(1, from_id);
    const Row row(*next_series_);
    if (!row.found()) {
        return row.found().error();
    }
    if (!row.found().value()) {
        return std::optional<Series>();
    }
    return std::optional<Series>(
        Series{next_series_->columnInteger(0), next_series_->columnInteger(1)});
}

base::Result<bool> RollupBuilder::nextWindow(Pass& pass, int64_t series_id, Work& work) {
    ++work.looks;
    int64_t timestamp_ns = 0;
    {
        next_sample_->bindInteger(1, series_id);
        next_sample_->bindInteger(2, pass.series_from_ns);
        const Row row(*next_sample_);
        if (!row.found() || !row.found().value()) {
            return row.found();
        }
        timestamp_ns = next_sample_->columnInteger(0);
    }
    const int64_t start_ns = wire::windowStart(timestamp_ns, pass.kind.windowNs());
    int64_t end_ns = 0;
    if (__builtin_add_overflow(start_ns, pass.kind.windowNs(), &end_ns) || end_ns > pass.until_ns) {
        return false;
    }
    const auto known = exists(pass, series_id, start_ns);
    if (!known) {
        return known.error();
    }
    if (!known.value()) {
        EVD_TRY(build(pass, series_id, start_ns, work));
    }
    pass.series_from_ns = end_ns;
    return true;
}

base::Result<bool> RollupBuilder::exists(const Pass& pass, int64_t series_id,
                                         int64_t window_start_ns) {
    bindWindow(*exists_, pass.kind, series_id, window_start_ns);
    const Row row(*exists_);
    return row.found();
}

base::Result<void> RollupBuilder::build(const Pass& pass, int64_t series_id,
                                        int64_t window_start_ns, Work& work) {
    windows_.clear();
    EVD_TRY(fold(pass, series_id, window_start_ns, work));
    for (const wire::WindowValue& window : windows_) {
        if (std::isfinite(window.value)) {
            EVD_TRY(rememberKind(pass.kind));
            EVD_TRY(insert(pass, series_id, window));
            ++work.windows_made;
        }
    }
    return {};
}

base::Result<void> RollupBuilder::fold(const Pass& pass, int64_t series_id, int64_t window_start_ns,
                                       Work& work) {
    wire::WindowFold window(pass.kind.function, pass.kind.windowNs(), windows_);
    if (isPairwise(pass.kind.function)) {
        sample_before_->bindInteger(1, series_id);
        sample_before_->bindInteger(2, window_start_ns);
        const Row before(*sample_before_);
        if (!before.found()) {
            return before.found().error();
        }
        if (before.found().value()) {
            window.startFrom(sample_before_->columnInteger(0), sample_before_->columnFloat(1));
        }
    }
    samples_->bindInteger(1, series_id);
    samples_->bindInteger(2, window_start_ns);
    samples_->bindInteger(3, window_start_ns + pass.kind.windowNs());
    base::Result<bool> row = samples_->step();
    for (; row && row.value(); row = samples_->step()) {
        window.add(samples_->columnInteger(0), samples_->columnFloat(1));
        ++work.looks;
    }
    samples_->reset();
    if (!row) {
        return row.error();
    }
    window.finish();
    return {};
}

base::Result<void> RollupBuilder::insert(const Pass& pass, int64_t series_id,
                                         const wire::WindowValue& window) {
    bindWindow(*insert_, pass.kind, series_id, window.window_start_ns);
    insert_->bindFloat(5, window.value);
    insert_->bindInteger(6, static_cast<int64_t>(window.sample_count));
    return db::runOnce(*insert_);
}

// Before the first rollup of its kind, so that there is none that nobody knows of.
base::Result<void> RollupBuilder::rememberKind(const RollupKind& kind) {
    if (std::find(remembered_.begin(), remembered_.end(), kind) != remembered_.end()) {
        return {};
    }
    auto known = storedRollupKinds(connection_);
    if (!known) {
        return known.error();
    }
    std::string text;
    for (const RollupKind& other : known.value()) {
        if (other == kind) {
            return {};
        }
        text += rollupKindText(other) + ",";
    }
    text += rollupKindText(kind);
    return db::writeMetadata(connection_, kRollupKindsKey, text);
}

base::Result<RollupKinds> storedRollupKinds(db::Connection& connection) {
    const auto text = db::readMetadata(connection, kRollupKindsKey);
    if (!text) {
        return text.error();
    }
    RollupKinds kinds;
    const std::string all = text.value().value_or("");
    for (const std::string_view part : base::split(all, ',')) {
        if (const auto kind = parseRollupKind(part)) {
            kinds.push_back(*kind);
        }
    }
    return kinds;
}

base::Result<std::unique_ptr<RollupInvalidator>> RollupInvalidator::make(
    db::Connection& connection) {
    std::unique_ptr<RollupInvalidator> invalidator(new RollupInvalidator());
    const std::string lower_through_sql =
        base::cat("UPDATE metadata SET value = CAST(?1 AS TEXT) WHERE key GLOB '",
                  kRollupThroughPrefix, "*' AND CAST(value AS INTEGER) > ?1");
    const auto prepared =
        db::prepareAll(connection, {{invalidator->remove_,
                                     "DELETE FROM rollups WHERE series_id = ?1 AND function = ?2 "
                                     "AND window_seconds = ?3 AND window_start = ?4"},
                                    {invalidator->sample_after_,
                                     "SELECT timestamp FROM samples WHERE series_id = ?1 AND "
                                     "timestamp > ?2 ORDER BY timestamp LIMIT 1"},
                                    {invalidator->lower_through_, lower_through_sql}});
    if (!prepared) {
        return prepared.error();
    }
    return invalidator;
}

base::Result<void> RollupInvalidator::sampleCame(const RollupKinds& kinds, int64_t series_id,
                                                 int64_t timestamp_ns) {
    std::optional<int64_t> after_ns;
    if (std::any_of(kinds.begin(), kinds.end(),
                    [](const RollupKind& kind) { return isPairwise(kind.function); })) {
        sample_after_->bindInteger(1, series_id);
        sample_after_->bindInteger(2, timestamp_ns);
        const Row row(*sample_after_);
        if (!row.found()) {
            return row.found().error();
        }
        if (row.found().value()) {
            after_ns = sample_after_->columnInteger(0);
        }
    }
    for (const RollupKind& kind : kinds) {
        EVD_TRY(remove(kind, series_id, timestamp_ns));
        if (isPairwise(kind.function) && after_ns) {
            EVD_TRY(remove(kind, series_id, *after_ns));
        }
    }
    return {};
}

base::Result<void> RollupInvalidator::lookAgainFrom(int64_t timestamp_ns) {
    lower_through_->bindInteger(1, std::max<int64_t>(timestamp_ns, 0));
    return db::runOnce(*lower_through_);
}

base::Result<void> RollupInvalidator::remove(const RollupKind& kind, int64_t series_id,
                                             int64_t timestamp_ns) {
    bindWindow(*remove_, kind, series_id, wire::windowStart(timestamp_ns, kind.windowNs()));
    return db::runOnce(*remove_);
}

}  // namespace evd::store
