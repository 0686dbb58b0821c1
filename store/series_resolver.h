#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "store/record_batch.h"
#include "store/series_cache.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace evd::store {

// How series are hashed for their columns; a test may want collisions.
struct SeriesHashes {
    int64_t (*labels)(std::string_view) = nullptr;
    int64_t (*boundaries)(std::span<const double>) = nullptr;

    static SeriesHashes standard();
};

// Finds the id of a series, making the series when it is new (Spec §7.1, series resolution).
//
// Asks the cache first, then the database, by the full text of name and labels: the unique index
// finds it as fast as the hash would, and neither a collision nor a hash of another implementation
// can lead to a wrong row. Bounds of histograms are known to the schema by their hash alone; two
// sets of them with the same hash are told apart by the bounds of a stored sample, and the second
// one gets the next hash that is free. The type of a series never changes: a sample of another type
// is refused (Spec §6.3). On the writer's thread, within a transaction; must not outlive the
// connection.
class SeriesResolver {
  public:
    static constexpr int kProbesMax = 8;  // of hashes, for bounds that collide

    enum class Verdict { Found, WrongType, Malformed };
    struct Resolution {
        Verdict verdict = Verdict::Found;
        int64_t id = 0;
    };
    struct Figures {
        int64_t series = 0;  // in the database
        uint64_t hits = 0;
        uint64_t misses = 0;
    };

    SeriesResolver(db::Connection& connection, size_t cache_entries_max, SeriesHashes hashes)
        : connection_(connection), hashes_(hashes), cache_(cache_entries_max) {}
    base::Result<void> prepare();

    // The bounds of the sample's histogram; they count for that type only.
    base::Result<Resolution> resolve(const SampleSeries& series, std::span<const double> bounds);

    void transactionCommitted() { made_in_transaction_.clear(); }
    // What the transaction made is not there.
    void transactionRolledBack();
    // Retention has deleted these.
    void forget(std::span<const int64_t> ids);

    // Where it is not certain how many there are.
    base::Result<void> countSeries();

    SeriesCache& cache() { return cache_; }
    const Figures& figures() const { return figures_; }

  private:
    base::Result<Resolution> resolveHistogram(const SampleSeries& series,
                                              std::span<const double> bounds);
    base::Result<Resolution> lookUp(const SampleSeries& series, const SeriesKey& key,
                                    uint64_t boundaries_check);
    base::Result<bool> hasOtherType(const SampleSeries& series);
    base::Result<int64_t> make(const SampleSeries& series, const SeriesKey& key);
    base::Result<uint64_t> checkOfStored(int64_t id, uint64_t otherwise);

    db::Connection& connection_;
    const SeriesHashes hashes_;
    SeriesCache cache_;
    Figures figures_;
    std::vector<int64_t> made_in_transaction_;
    std::unique_ptr<db::Statement> find_;
    std::unique_ptr<db::Statement> find_other_type_;
    std::unique_ptr<db::Statement> make_;
    std::unique_ptr<db::Statement> stored_histogram_;
};

}  // namespace evd::store
