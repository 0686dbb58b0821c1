#include "tests/support/exactly_once.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "tests/support/number_field.h"

#include <sqlite3.h>
#include <algorithm>
#include <filesystem>
#include <map>
#include <span>
#include <utility>

namespace evd::test {

namespace {

using base::cat;

constexpr size_t kViolationsMax = 20;
constexpr size_t kMissingShown = 5;

struct CpuRecord {
    std::vector<uint64_t> stored;
    std::vector<std::pair<uint64_t, uint64_t>> gaps;
    std::vector<std::pair<uint64_t, uint64_t>> receipts;
};

// The same numbers as few intervals, in order.
std::vector<std::pair<uint64_t, uint64_t>> merged(
    std::vector<std::pair<uint64_t, uint64_t>> intervals) {
    std::sort(intervals.begin(), intervals.end());
    std::vector<std::pair<uint64_t, uint64_t>> all;
    for (const auto& interval : intervals) {
        if (!all.empty() && interval.first <= all.back().second + 1) {
            all.back().second = std::max(all.back().second, interval.second);
        } else {
            all.push_back(interval);
        }
    }
    return all;
}

// In a damaged file a column may be NULL that the schema says is not.
std::string textOf(sqlite3_stmt* row, int column) {
    const unsigned char* text = sqlite3_column_text(row, column);
    return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

std::span<const uint8_t> blobOf(sqlite3_stmt* row, int column) {
    return {static_cast<const uint8_t*>(sqlite3_column_blob(row, column)),
            static_cast<size_t>(sqlite3_column_bytes(row, column))};
}

class Checker {
  public:
    explicit Checker(std::string event_type) : event_type_(std::move(event_type)) {}

    void readShard(const std::string& path) {
        sqlite3* db = nullptr;
        EVD_CHECK(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK,
                  "a shard could not be opened by the checker");
        readRows(db, path,
                 "SELECT lower(hex(boot_id)), cpu_id, sequence, event_type, payload FROM events",
                 [this](sqlite3_stmt* row) { takeRow(row); });
        readRows(db, path,
                 "SELECT lower(hex(boot_id)), cpu_id, first_sequence, last_sequence FROM receipts",
                 [this](sqlite3_stmt* row) { takeReceipt(row); });
        sqlite3_close(db);
    }

    ExactlyOnceReport finish() {
        for (auto& [cpu, record] : cpus_) {
            report_.gaps[cpu] = record.gaps;
            const uint64_t expected =
                checkCpu(cat(cpu.first.substr(0, 8), " cpu ", cpu.second), record);
            report_.complete_until[cpu] = expected - 1;
        }
        return std::move(report_);
    }

  private:
    template <typename Take>
    void readRows(sqlite3* db, const std::string& path, const char* sql, const Take& take) {
        sqlite3_stmt* row = nullptr;
        int outcome = sqlite3_prepare_v2(db, sql, -1, &row, nullptr);
        while (outcome == SQLITE_OK || outcome == SQLITE_ROW) {
            outcome = sqlite3_step(row);
            if (outcome == SQLITE_ROW) {
                take(row);
            }
        }
        if (outcome != SQLITE_DONE) {
            violation(cat(path, ": ", sqlite3_errmsg(db)));
        }
        sqlite3_finalize(row);
    }

    static std::pair<std::string, int64_t> cpuOf(sqlite3_stmt* row) {
        return {textOf(row, 0), sqlite3_column_int64(row, 1)};
    }

    void takeReceipt(sqlite3_stmt* row) {
        cpus_[cpuOf(row)].receipts.emplace_back(
            static_cast<uint64_t>(sqlite3_column_int64(row, 2)),
            static_cast<uint64_t>(sqlite3_column_int64(row, 3)));
    }

    void takeRow(sqlite3_stmt* row) {
        const std::string type = textOf(row, 3);
        const bool stamped = sqlite3_column_type(row, 2) != SQLITE_NULL;
        const auto cpu = cpuOf(row);
        if (!stamped) {
            ++report_.synthetic[type];
        }
        if (stamped) {
            ++report_.events;
            cpus_[cpu].stored.push_back(static_cast<uint64_t>(sqlite3_column_int64(row, 2)));
            if (type == event_type_) {
                report_.numbers.insert(numberField(blobOf(row, 4), "n"));
            }
        } else if (type == "synthetic.gap") {
            const auto payload = blobOf(row, 4);
            const uint64_t first = numberField(payload, "first_missing");
            const uint64_t last = numberField(payload, "last_missing");
            ++report_.gap_records;
            if (first == 0 || last < first || numberField(payload, "count") != last - first + 1) {
                violation(cat("cpu ", cpu.second, ": a gap record says ", first, "..", last, ", ",
                              numberField(payload, "count"), " numbers"));
                return;
            }
            report_.lost += last - first + 1;
            cpus_[cpu].gaps.emplace_back(first, last);
        }
    }

    void violation(std::string text) {
        if (report_.violations.size() < kViolationsMax) {
            report_.violations.push_back(std::move(text));
        }
    }

    // Sorts events and gaps into one line of intervals; each must begin where the last one ended.
    // Answers the first number that is missing.
    uint64_t checkCpu(const std::string& name, CpuRecord& record) {
        auto& all = record.gaps;
        for (const uint64_t sequence : record.stored) {
            all.emplace_back(sequence, sequence);
        }
        std::sort(all.begin(), all.end());
        if (merged(all) != merged(record.receipts)) {
            violation(cat(name, ": rows and receipts do not account for the same numbers"));
        }
        uint64_t expected = 1;
        uint64_t first_hole = 0;
        for (const auto& [first, last] : all) {
            if (first < expected) {
                violation(cat(name, ": ", first, "..", last, " is accounted for twice"));
            } else if (first > expected) {
                violation(
                    cat(name, ": ", expected, "..", first - 1, " is neither stored nor lost"));
                first_hole = first_hole == 0 ? expected : first_hole;
            }
            expected = std::max(expected, last + 1);
        }
        return first_hole == 0 ? expected : first_hole;
    }

    std::string event_type_;
    std::map<std::pair<std::string, int64_t>, CpuRecord> cpus_;
    ExactlyOnceReport report_;
};

}  // namespace

std::vector<std::string> checkAcknowledged(const ExactlyOnceReport& report,
                                           const std::set<uint64_t>& acknowledged,
                                           uint64_t lost_max) {
    std::vector<std::string> complaints = report.violations;
    if (acknowledged.empty()) {
        complaints.emplace_back("no event was acknowledged");
    }
    if (report.lost > lost_max) {
        std::string text = cat(report.lost, " events were lost, with a gap record");
        size_t shown = 0;
        for (const auto& [cpu, gaps] : report.gaps) {
            for (const auto& [first, last] : gaps) {
                if (++shown <= kMissingShown) {
                    text += cat(", of cpu ", cpu.second, " ", first, "..", last);
                }
            }
        }
        complaints.push_back(std::move(text));
    }
    uint64_t missing = 0;
    std::string which;
    for (const uint64_t number : acknowledged) {
        if (!report.numbers.contains(number) && ++missing <= kMissingShown) {
            which += cat(" ", number);
        }
    }
    if (missing > lost_max) {
        complaints.push_back(cat(missing, " acknowledged events are not stored:", which));
    }
    if (report.distinct() != report.numbers.size()) {
        complaints.push_back(
            cat(report.numbers.size() - report.distinct(), " events are stored twice"));
    }
    return complaints;
}

ExactlyOnceReport checkExactlyOnce(const std::string& event_folder, const std::string& event_type) {
    Checker checker(event_type);
    for (const auto& entry : std::filesystem::directory_iterator(event_folder)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("shard-") && name.ends_with(".db")) {
            checker.readShard(entry.path().string());
        }
    }
    return checker.finish();
}

}  // namespace evd::test
