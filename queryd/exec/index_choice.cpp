#include "queryd/exec/index_choice.h"

#include "common/base/text.h"
#include "queryd/exec/record_statement.h"

#include <algorithm>

namespace evd::queryd {

namespace {

// Of the definition, without what may differ in spelling and means nothing.
std::string plainText(std::string_view sql) {
    std::string plain(sql);
    std::erase_if(plain, [](char letter) { return letter == ' ' || letter == '"'; });
    return plain;
}

// A path that stands in SQL text: nothing that could end the text, or that plainText would change.
bool isPlainPath(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
        const char folded = base::foldAscii(letter);
        return (folded >= 'a' && folded <= 'z') || (letter >= '0' && letter <= '9') ||
               letter == '_' || letter == '-' || letter == '.';
    });
}

// Finds every spelling of a text that the index holds.
class SpellingSearch {
  public:
    SpellingSearch(db::Connection& connection, const RecordTable& table, const FieldIndex& index)
        : connection_(connection), table_(table), index_(index) {}

    // False: there are too many texts to look at.
    base::Result<bool> find(std::string_view text, std::vector<SqlParameter>& found) {
        std::optional<std::string> from = nextSpelling(text, "");
        while (from) {
            if (++searches_ > kSpellingSearchesMax) {
                return false;
            }
            auto next = firstFrom(*from, base::foldAscii(text));
            if (!next) {
                return next.error();
            }
            if (!next.value()) {
                break;
            }
            if (base::equalsFolded(*next.value(), text)) {
                found.push_back(SqlParameter::ofText(*next.value()));
                *next.value() += '\0';  // the text right behind it
            }
            from = nextSpelling(text, *next.value());
        }
        return true;
    }

  private:
    base::Result<std::optional<std::string>> firstFrom(const std::string& from,
                                                       const std::string& last) {
        BoundSql sql;
        const std::string table = sql.tableWith(table_, index_.name);
        for (const std::string* bound : {&from, &last}) {
            sql.parameters.push_back(SqlParameter::ofText(*bound));
        }
        sql.text = base::cat("SELECT ", index_.expression, " FROM ", table, " WHERE ",
                             index_.expression, ">=? AND ", index_.expression, "<=? ORDER BY ",
                             index_.expression, " LIMIT 1");
        auto statement = prepareSql(connection_, sql);
        if (!statement) {
            return statement.error();
        }
        auto row = statement.value()->step();
        if (!row) {
            return row.error();
        }
        return row.value() ? std::optional(std::string(statement.value()->columnText(0)))
                           : std::nullopt;
    }

    db::Connection& connection_;
    const RecordTable& table_;
    const FieldIndex& index_;
    uint32_t searches_ = 0;
};

// What one term comes to in this database; nothing when no index serves.
base::Result<std::optional<IndexSearch>> searchOf(db::Connection& connection,
                                                  const RecordPlan& plan,
                                                  const FieldIndexes& indexes,
                                                  const IndexTerm& term) {
    const auto index = indexes.find(plan.fields[term.field]);
    if (!index) {
        return std::optional<IndexSearch>();
    }
    IndexSearch search{*index, term.values, term.least, term.greatest};
    SpellingSearch spellings(connection, *plan.table, *index);
    for (const std::string& text : term.folded) {
        auto all = spellings.find(text, search.values);
        if (!all) {
            return all.error();
        }
        if (!all.value()) {
            return std::optional<IndexSearch>();
        }
    }
    return std::optional(std::move(search));
}

base::Result<uint64_t> countRows(db::Connection& connection, const RecordTable& table,
                                 const IndexSearch& search, uint64_t rows_max) {
    BoundSql sql;
    sql.text =
        base::cat("SELECT count(*) FROM (SELECT 1 FROM ", sql.tableWith(table, search.index.name),
                  " WHERE ", searchSql(search, sql.parameters), " LIMIT ?)");
    sql.parameters.push_back(SqlParameter::ofInteger(static_cast<int64_t>(rows_max)));
    auto statement = prepareSql(connection, sql);
    if (!statement) {
        return statement.error();
    }
    auto row = statement.value()->step();
    if (!row) {
        return row.error();
    }
    return static_cast<uint64_t>(statement.value()->columnInteger(0));
}

// The searches of one part of WHERE; nothing when a term has no index.
base::Result<std::optional<std::vector<IndexSearch>>> searchesOf(
    db::Connection& connection, const RecordPlan& plan, const FieldIndexes& indexes,
    const std::vector<IndexTerm>& terms) {
    std::vector<IndexSearch> searches;
    for (const IndexTerm& term : terms) {
        auto search = searchOf(connection, plan, indexes, term);
        if (!search) {
            return search.error();
        }
        if (!search.value()) {
            return std::optional<std::vector<IndexSearch>>();
        }
        // Without either, no spelling of the text is there.
        if (search.value()->isRange() || !search.value()->values.empty()) {
            searches.push_back(std::move(*search.value()));
        }
    }
    return std::optional(std::move(searches));
}

// What they find together, if that is not too much.
base::Result<std::optional<IndexChoice>> countedChoice(db::Connection& connection,
                                                       const RecordTable& table,
                                                       const std::vector<IndexSearch>& searches,
                                                       uint64_t rows_max) {
    IndexChoice choice;
    for (const IndexSearch& search : searches) {
        auto rows = countRows(connection, table, search, rows_max - choice.rows + 1);
        if (!rows) {
            return rows.error();
        }
        choice.rows += rows.value();
        if (choice.rows > rows_max) {
            return std::optional<IndexChoice>();
        }
    }
    choice.searches = searches;
    return std::optional(std::move(choice));
}

}  // namespace

base::Result<FieldIndexes> FieldIndexes::of(db::Connection& connection, const RecordTable& table) {
    FieldIndexes indexes;
    auto statement = connection.prepare(
        "SELECT name, sql FROM sqlite_master WHERE type='index' AND tbl_name=? AND sql NOT NULL");
    if (!statement) {
        return statement.error();
    }
    statement.value()->bindText(1, table.name);
    for (;;) {
        auto row = statement.value()->step();
        if (!row) {
            return row.error();
        }
        if (!row.value()) {
            return indexes;
        }
        const std::string name(statement.value()->columnText(0));
        const std::string plain = plainText(statement.value()->columnText(1));
        const std::string begin = base::cat("CREATEINDEX", plainText(name), "ON", table.name, "(");
        if (plain.starts_with(begin) && plain.ends_with(")")) {
            indexes.definitions_.push_back(
                {name, plain.substr(begin.size(), plain.size() - begin.size() - 1)});
        }
    }
}

std::optional<FieldIndex> FieldIndexes::find(const PlanField& field) const {
    if (field.column == nullptr && !isPlainPath(field.name)) {
        return std::nullopt;
    }
    const std::string expression =
        field.column != nullptr ? std::string(field.column->name)
                                : base::cat("msgpack_extract(payload, '$.", field.name, "')");
    const std::string target = plainText(expression);
    const auto found =
        std::find_if(definitions_.begin(), definitions_.end(),
                     [&](const Definition& definition) { return definition.target == target; });
    return found == definitions_.end() ? std::nullopt
                                       : std::optional(FieldIndex{found->name, expression});
}

std::string searchSql(const IndexSearch& search, std::vector<SqlParameter>& parameters) {
    const std::string& expression = search.index.expression;
    std::string sql;
    if (search.least) {
        // Texts and blobs come behind all numbers.
        sql = base::cat(expression, ">=? AND ", expression, search.greatest ? "<=?" : "<''");
        parameters.push_back(*search.least);
    } else if (search.greatest) {
        sql = base::cat(expression, "<=?");
    }
    if (search.greatest) {
        parameters.push_back(*search.greatest);
    }
    if (!sql.empty()) {
        return sql;
    }
    for (const SqlParameter& value : search.values) {
        sql += sql.empty() ? "?" : ",?";
        parameters.push_back(value);
    }
    return base::cat(expression, " IN (", sql, ")");
}

base::Result<std::vector<std::vector<IndexSearch>>> searchableParts(db::Connection& connection,
                                                                    const RecordPlan& plan,
                                                                    const FieldIndexes& indexes) {
    std::vector<std::vector<IndexSearch>> parts;
    if (indexes.isEmpty()) {
        return parts;
    }
    for (const std::vector<IndexTerm>& terms : indexTerms(plan)) {
        auto searches = searchesOf(connection, plan, indexes, terms);
        if (!searches) {
            return searches.error();
        }
        if (searches.value()) {
            parts.push_back(std::move(*searches.value()));
        }
    }
    return parts;
}

base::Result<std::optional<IndexChoice>> chooseIndex(
    db::Connection& connection, const RecordTable& table,
    std::span<const std::vector<IndexSearch>> parts, uint64_t rows_max) {
    std::optional<IndexChoice> best;
    for (const std::vector<IndexSearch>& searches : parts) {
        auto choice = countedChoice(connection, table, searches, best ? best->rows : rows_max);
        if (!choice) {
            return choice;
        }
        if (choice.value()) {
            best = std::move(choice).value();
        }
    }
    return best;
}

}  // namespace evd::queryd
