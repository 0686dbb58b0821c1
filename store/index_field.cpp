#include "store/index_field.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>

namespace evd::store {

namespace {

constexpr std::array<std::string_view, 7> kColumns = {
    "event_type",      "origin_class", "cpu_id", "effective_token_guid",
    "true_token_guid", "process_guid", "boot_id"};
constexpr std::string_view kPrefix = "idx_events_";
constexpr std::string_view kPayloadPrefix = "idx_events_payload_";
constexpr std::string_view kTimestampIndex = "idx_events_timestamp";
constexpr std::string_view kPathBegin = "'$.";

bool isColumn(std::string_view path) {
    return std::find(kColumns.begin(), kColumns.end(), path) != kColumns.end();
}

bool isLetter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

bool isWordCharacter(char letter) {
    return isLetter(letter) || (letter >= '0' && letter <= '9') || letter == '-';
}

bool isWord(std::string_view word) {
    return !word.empty() && isLetter(word.front()) &&
           std::all_of(word.begin(), word.end(), isWordCharacter);
}

base::Error refuse(std::string text) {
    return base::fail(base::ErrorKind::Invalid, std::move(text));
}

// What follows CREATE INDEX; SQLite keeps this text as it is.
std::string definition(const IndexField& field) {
    const std::string target = field.is_expression
                                   ? base::cat("msgpack_extract(payload, '$.", field.path, "')")
                                   : field.path;
    return base::cat('"', indexName(field), "\" ON events(", target, ')');
}

// Without what may differ in spelling and means nothing.
std::string plainText(std::string_view sql) {
    std::string plain(sql);
    std::erase_if(plain, [](char letter) { return letter == ' ' || letter == '"'; });
    return plain;
}

bool defines(std::string_view sql, const IndexField& field) {
    return plainText(sql) == plainText(base::cat("CREATE INDEX ", definition(field)));
}

std::string pathIn(std::string_view sql) {
    const size_t begin = sql.find(kPathBegin);
    if (begin == std::string_view::npos) {
        return {};
    }
    const std::string_view rest = sql.substr(begin + kPathBegin.size());
    return std::string(rest.substr(0, rest.find('\'')));
}

}  // namespace

base::Result<IndexField> indexField(std::string_view path) {
    if (path.empty() || path.size() > kIndexPathBytesMax) {
        return refuse(base::cat("the name of a field to index has 1 to ", kIndexPathBytesMax,
                                " bytes, not ", path.size()));
    }
    const auto words = base::split(path, '.');
    if (words.size() > kIndexPathDepthMax || !std::all_of(words.begin(), words.end(), isWord)) {
        return refuse(base::cat("this field cannot be indexed: only names of at most ",
                                kIndexPathDepthMax,
                                " words of letters, digits, _ and - between dots can"));
    }
    if (path == "timestamp") {
        return refuse("timestamp is always indexed and needs no INDEX");
    }
    if (path == "payload" || path == "sequence") {
        return refuse(base::cat(path, " cannot be indexed"));
    }
    return IndexField{std::string(path), !isColumn(path)};
}

std::string indexName(const IndexField& field) {
    if (!field.is_expression) {
        return base::cat(kPrefix, field.path);
    }
    std::string path = field.path;
    std::replace(path.begin(), path.end(), '.', '_');
    return base::cat(kPayloadPrefix, path);
}

std::string indexNameKey(const IndexField& field) {
    return base::foldAscii(indexName(field));
}

std::string createIndexSql(const IndexField& field) {
    return base::cat("CREATE INDEX IF NOT EXISTS ", definition(field));
}

std::string dropIndexSql(std::string_view name) {
    std::string quoted;
    for (const char letter : name) {
        quoted += letter == '"' ? "\"\"" : std::string(1, letter);
    }
    return base::cat("DROP INDEX IF EXISTS \"", quoted, '"');
}

std::optional<MaterialIndex> readMaterialIndex(std::string_view name, std::string_view sql) {
    const std::string folded = base::foldAscii(name);
    if (!folded.starts_with(kPrefix) || folded == kTimestampIndex) {
        return std::nullopt;
    }
    MaterialIndex index{std::string(name), std::nullopt};
    const std::string path =
        folded.starts_with(kPayloadPrefix) ? pathIn(sql) : folded.substr(kPrefix.size());
    auto field = indexField(path);
    if (field && defines(sql, field.value())) {
        index.field = std::move(field).value();
    }
    return index;
}

std::optional<IndexStep> nextIndexStep(const std::vector<MaterialIndex>& material,
                                       const DesiredIndexes& desired) {
    const auto isDesired = [&](const IndexField& field) {
        return std::find(desired.begin(), desired.end(), field) != desired.end();
    };
    const auto isNameNeeded = [&](const MaterialIndex& index) {
        return std::any_of(desired.begin(), desired.end(), [&](const IndexField& field) {
            return indexNameKey(field) == base::foldAscii(index.name);
        });
    };
    for (const MaterialIndex& index : material) {
        if (index.field ? !isDesired(*index.field) : isNameNeeded(index)) {
            return IndexStep{IndexStep::Kind::Drop, index.name, {}};
        }
    }
    for (const IndexField& field : desired) {
        const bool is_there =
            std::any_of(material.begin(), material.end(),
                        [&](const MaterialIndex& index) { return index.field == field; });
        if (!is_there) {
            return IndexStep{IndexStep::Kind::Create, {}, field};
        }
    }
    return std::nullopt;
}

}  // namespace evd::store
