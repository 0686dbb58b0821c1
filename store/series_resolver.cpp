#include "store/series_resolver.h"

#include "common/base/text.h"
#include "common/db/statements.h"
#include "common/wire/histogram.h"
#include "common/wire/metric_labels.h"
#include "store/record_check.h"

#include <bit>

namespace evd::store {

namespace {

// Independent of wire::boundariesHash: bounds that collide in the one do not in the other.
uint64_t boundariesCheck(std::span<const double> bounds) {
    constexpr uint64_t kGolden = 0x9E37'79B9'7F4A'7C15;
    uint64_t check = bounds.size() + 1;
    for (const double bound : bounds) {
        check = (check ^ std::bit_cast<uint64_t>(bound + 0.0)) * kGolden;
        check ^= check >> 29;
    }
    return check;
}

void bindHash(db::Statement& statement, int index, const std::optional<int64_t>& hash) {
    if (hash) {
        statement.bindInteger(index, *hash);
    } else {
        statement.bindNull(index);
    }
}

}  // namespace

SeriesHashes SeriesHashes::standard() {
    return {wire::fnv1a, wire::boundariesHash};
}

base::Result<void> SeriesResolver::prepare() {
    EVD_TRY(db::prepareAll(
        connection_,
        {
            {find_,
             "SELECT id, type FROM series WHERE name = ?1 AND labels = ?2 AND "
             "boundaries_hash IS ?3 LIMIT 1"},
            {find_other_type_,
             "SELECT id FROM series WHERE name = ?1 AND labels = ?2 AND type <> ?3 LIMIT 1"},
            {make_,
             "INSERT INTO series(name, labels, type, label_hash, boundaries_hash) "
             "VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id"},
            {stored_histogram_,
             "SELECT histogram_data FROM samples INDEXED BY idx_samples_series_timestamp "
             "WHERE series_id = ?1 ORDER BY timestamp LIMIT 1"},
        }));
    return countSeries();
}

base::Result<void> SeriesResolver::countSeries() {
    const auto count = db::askInteger(connection_, "SELECT count(*) FROM series");
    if (!count) {
        return count.error();
    }
    figures_.series = count.value().value_or(0);
    return {};
}

base::Result<SeriesResolver::Resolution> SeriesResolver::resolve(const SampleSeries& series,
                                                                 std::span<const double> bounds) {
    if (series.type == wire::MetricType::Histogram) {
        return resolveHistogram(series, bounds);
    }
    const SeriesKey key = {series.name, series.labels, std::nullopt};
    if (const SeriesEntry* entry = cache_.find(key)) {
        ++figures_.hits;
        return Resolution{entry->type == series.type ? Verdict::Found : Verdict::WrongType,
                          entry->id};
    }
    return lookUp(series, key, 0);
}

base::Result<SeriesResolver::Resolution> SeriesResolver::resolveHistogram(
    const SampleSeries& series, std::span<const double> bounds) {
    const uint64_t check = boundariesCheck(bounds);
    auto hash = static_cast<uint64_t>(hashes_.boundaries(bounds));
    for (int probe = 0; probe < kProbesMax; ++probe, ++hash) {
        const SeriesKey key = {series.name, series.labels, static_cast<int64_t>(hash)};
        const SeriesEntry* entry = cache_.find(key);
        if (entry == nullptr) {
            const auto found = lookUp(series, key, check);
            if (!found || found.value().verdict != Verdict::Found) {
                return found;
            }
            entry = cache_.find(key);
        } else {
            ++figures_.hits;
        }
        if (entry != nullptr && entry->boundaries_check == check) {
            return Resolution{Verdict::Found, entry->id};
        }
    }
    // So many collisions are no accident.
    return Resolution{Verdict::Malformed, 0};
}

// Only what is in the cache has been found sound before.
base::Result<SeriesResolver::Resolution> SeriesResolver::lookUp(const SampleSeries& series,
                                                                const SeriesKey& key,
                                                                uint64_t boundaries_check) {
    if (!isSoundSeries(series)) {
        return Resolution{Verdict::Malformed, 0};
    }
    ++figures_.misses;
    find_->bindText(1, series.name);
    find_->bindText(2, series.labels);
    bindHash(*find_, 3, key.boundaries_hash);
    auto row = find_->step();
    SeriesEntry entry{0, series.type, boundaries_check};
    if (row && row.value()) {
        entry.id = find_->columnInteger(0);
        entry.type = static_cast<wire::MetricType>(find_->columnInteger(1));
    }
    find_->reset();
    if (!row) {
        return row.error();
    }
    if (!row.value()) {
        const auto is_taken = hasOtherType(series);
        if (!is_taken) {
            return is_taken.error();
        }
        if (is_taken.value()) {
            return Resolution{Verdict::WrongType, 0};
        }
        const auto made = make(series, key);
        if (!made) {
            return made.error();
        }
        entry.id = made.value();
    } else if (key.boundaries_hash) {
        const auto check = checkOfStored(entry.id, boundaries_check);
        if (!check) {
            return check.error();
        }
        entry.boundaries_check = check.value();
    }
    cache_.insert(key, entry);
    return Resolution{entry.type == series.type ? Verdict::Found : Verdict::WrongType, entry.id};
}

base::Result<bool> SeriesResolver::hasOtherType(const SampleSeries& series) {
    find_other_type_->bindText(1, series.name);
    find_other_type_->bindText(2, series.labels);
    find_other_type_->bindInteger(3, static_cast<int64_t>(series.type));
    auto row = find_other_type_->step();
    find_other_type_->reset();
    return row;
}

base::Result<int64_t> SeriesResolver::make(const SampleSeries& series, const SeriesKey& key) {
    make_->bindText(1, series.name);
    make_->bindText(2, series.labels);
    make_->bindInteger(3, static_cast<int64_t>(series.type));
    make_->bindInteger(4, hashes_.labels(series.labels));
    bindHash(*make_, 5, key.boundaries_hash);
    auto row = make_->step();
    const int64_t id = row && row.value() ? make_->columnInteger(0) : 0;
    make_->reset();
    if (!row) {
        return row.error();
    }
    made_in_transaction_.push_back(id);
    ++figures_.series;
    return id;
}

// Of the bounds of a sample that the series has; `otherwise` when it has none that can be read.
base::Result<uint64_t> SeriesResolver::checkOfStored(int64_t id, uint64_t otherwise) {
    stored_histogram_->bindInteger(1, id);
    auto row = stored_histogram_->step();
    uint64_t check = otherwise;
    if (row && row.value()) {
        const auto histogram = wire::readHistogram(stored_histogram_->columnBlob(0));
        check = histogram ? boundariesCheck(histogram.value().boundaries) : otherwise;
    }
    stored_histogram_->reset();
    return row ? base::Result<uint64_t>(check) : row.error();
}

void SeriesResolver::transactionRolledBack() {
    forget(made_in_transaction_);
    made_in_transaction_.clear();
}

void SeriesResolver::forget(std::span<const int64_t> ids) {
    if (!ids.empty()) {
        cache_.forget(ids);
        figures_.series -= static_cast<int64_t>(ids.size());
    }
}

}  // namespace evd::store
