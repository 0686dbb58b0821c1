#include "tests/support/store_books.h"

#include "common/base/text.h"
#include "tests/support/plain_database.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

namespace evd::test {

namespace {

namespace fs = std::filesystem;
using base::cat;

constexpr size_t kViolationsMax = 20;
using Row = PlainDatabase::Row;

// One database of the books, and what is wrong with it.
class Book {
  public:
    Book(const std::string& path, StoreBooks& books)
        : name_(fs::path(path).filename().string()), books_(books), database_(path) {
        ++books_.databases;
        tellError();
    }

    bool hasTable(const std::string& name) { return database_.hasTable(name); }

    std::vector<Row> ask(const std::string& sql) {
        auto rows = database_.ask(sql);
        tellError();
        return rows;
    }

    // The property holds when the question has no answer; otherwise its first row is shown.
    void expectNone(const std::string& property, const std::string& sql) {
        ++books_.checked[property];
        const auto rows = ask(sql);
        if (!rows.empty()) {
            violated(cat(property, ": ", rows.size(), " times not, first ", shown(rows.front())));
        }
    }

    void countRows(const std::string& table) {
        for (const Row& row : ask(cat("SELECT count(*) FROM ", table))) {
            books_.rows += numberOf(row.at(0));
        }
    }

  private:
    void tellError() {
        if (!database_.error().empty()) {
            violated(database_.error());
        }
    }
    void violated(const std::string& sentence) {
        if (books_.violations.size() < kViolationsMax) {
            books_.violations.push_back(cat(name_, ": ", sentence));
        }
    }
    static std::string shown(const Row& row) {
        std::string text;
        for (const std::string& value : row) {
            text += cat(text.empty() ? "" : "|", value);
        }
        return text;
    }

    const std::string name_;
    StoreBooks& books_;
    PlainDatabase database_;
};

void checkFile(Book& book) {
    book.expectNone("file is sound and each index agrees with its table",
                    "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'");
    book.expectNone("no row refers to one that is not there",
                    "SELECT * FROM pragma_foreign_key_check");
}

void checkCatalogue(Book& book, const std::string& table, const std::string& column,
                    const std::string& catalogue) {
    book.expectNone(cat("every ", column, " is in the catalogue"),
                    cat("SELECT DISTINCT ", column, " FROM ", table, " WHERE ", column,
                        " NOT IN (SELECT ", column, " FROM ", catalogue, ")"));
    book.expectNone(cat("the catalogue names no ", column, " that is not there"),
                    cat("SELECT ", column, " FROM ", catalogue, " WHERE ", column,
                        " NOT IN (SELECT ", column, " FROM ", table, ")"));
}

// Gathers over all shards what must not be in two of them.
class Shards {
  public:
    explicit Shards(StoreBooks& books) : books_(books) {}

    void take(Book& book) {
        checkFile(book);
        checkCatalogue(book, "events", "event_type", "event_types");
        book.countRows("events");
        for (const Row& row : book.ask("SELECT id FROM events")) {
            ids_.push_back(numberOf(row.at(0)));
        }
        for (const Row& row :
             book.ask("SELECT hex(boot_id), cpu_id, sequence FROM events WHERE sequence NOTNULL")) {
            numbers_.emplace_back(bootOf(row.at(0)), numberOf(row.at(1)), numberOf(row.at(2)));
        }
        // Receipts of several shards may overlap: many of them are joined over what others hold.
        book.expectNone("receipts of a shard do not overlap",
                        "SELECT one.cpu_id, one.first_sequence, other.first_sequence FROM "
                        "receipts AS one, receipts AS other WHERE one.boot_id = other.boot_id AND "
                        "one.cpu_id = other.cpu_id AND other.first_sequence > one.first_sequence "
                        "AND other.first_sequence <= one.last_sequence");
        book.expectNone("an event lies within a receipt of its shard",
                        "SELECT cpu_id, sequence FROM events AS event WHERE sequence NOTNULL AND "
                        "coalesce((SELECT last_sequence FROM receipts WHERE boot_id = "
                        "event.boot_id AND cpu_id = event.cpu_id AND first_sequence <= "
                        "event.sequence ORDER BY first_sequence DESC LIMIT 1), 0) < sequence");
    }

    void finish() {
        books_.checked["no id is given twice"] += ids_.size();
        std::sort(ids_.begin(), ids_.end());
        const auto twice = std::adjacent_find(ids_.begin(), ids_.end());
        if (twice != ids_.end()) {
            books_.violations.push_back(cat("id ", *twice, " is given twice"));
        }
        books_.checked["no number of a cpu is stored twice"] += numbers_.size();
        std::sort(numbers_.begin(), numbers_.end());
        const auto repeated = std::adjacent_find(numbers_.begin(), numbers_.end());
        if (repeated != numbers_.end()) {
            books_.violations.push_back(cat("cpu ", std::get<1>(*repeated), ": ",
                                            std::get<2>(*repeated), " is stored twice"));
        }
    }

  private:
    size_t bootOf(const std::string& hex) {
        return boots_.try_emplace(hex, boots_.size()).first->second;
    }

    StoreBooks& books_;
    std::vector<uint64_t> ids_;
    std::map<std::string, size_t> boots_;
    std::vector<std::tuple<size_t, uint64_t, uint64_t>> numbers_;  // boot, cpu, number
};

void checkLogs(Book& book) {
    checkFile(book);
    checkCatalogue(book, "logs", "origin", "log_origins");
    book.countRows("logs");
}

void checkMetrics(Book& book) {
    checkFile(book);
    book.expectNone("no series is there twice",
                    "SELECT name, labels, boundaries_hash FROM series GROUP BY name, labels, "
                    "coalesce(boundaries_hash, 0) HAVING count(*) > 1");
    book.expectNone("every sample has a series",
                    "SELECT series_id FROM samples WHERE series_id NOT IN (SELECT id FROM series)");
    book.countRows("samples");
}

}  // namespace

StoreBooks checkStoreBooks(const std::string& state_folder) {
    StoreBooks books;
    Shards shards(books);
    for (const auto& folder : {state_folder, state_folder + "/events"}) {
        for (const auto& path : databasesIn(folder, "")) {
            Book book(path, books);
            if (book.hasTable("events")) {
                shards.take(book);
            } else if (book.hasTable("logs")) {
                checkLogs(book);
            } else if (book.hasTable("samples")) {
                checkMetrics(book);
            } else {
                checkFile(book);
            }
        }
    }
    shards.finish();
    return books;
}

}  // namespace evd::test
