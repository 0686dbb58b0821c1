#include "queryd/plan/field_list.h"

#include "common/base/nearest_word.h"
#include "common/base/text.h"
#include "queryd/lang/literals.h"
#include "queryd/lang/token_cursor.h"

namespace evd::queryd {

base::Result<size_t> FieldList::indexOf(const FieldName& field) {
    const TableColumn* column = findColumn(table_, field.name);
    if (column == nullptr && !table_.has_payload) {
        return unknown(field);
    }
    return indexOf(PlanField{field.name, column});
}

size_t FieldList::indexOf(const TableColumn& column) {
    return indexOf(PlanField{std::string(column.name), &column});
}

size_t FieldList::indexOf(PlanField field) {
    return indexIn(fields_, std::move(field));
}

base::Error FieldList::unknown(const FieldName& field) const {
    std::vector<std::string_view> names;
    for (const TableColumn& column : table_.columns) {
        names.push_back(column.name);
    }
    return base::fail(base::ErrorKind::Invalid,
                      base::cat(shownWord(field.name), " at ", describe(field.at),
                                " is no field of a ", table_.record_word, ", which has ",
                                joinedNames(names, " and "), suggestion(field.name, names)));
}

std::string shownName(std::string_view name) {
    constexpr size_t kBareBytesMax = 60;
    const bool bare = name.size() <= kBareBytesMax && isPlainFieldName(name);
    return bare ? std::string(name) : shownWord(name);
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
    const std::string_view nearest = base::nearestWord(word, candidates);
    return nearest.empty() ? std::string() : base::cat("; did you mean ", shownName(nearest), "?");
}

std::string joinedNames(std::span<const std::string_view> names, std::string_view last_glue) {
    std::string text;
    for (size_t i = 0; i < names.size(); ++i) {
        text += base::cat(i == 0                  ? ""
                          : i + 1 == names.size() ? last_glue
                                                  : ", ",
                          shownName(names[i]));
    }
    return text;
}

}  // namespace evd::queryd
