#include "queryd/evctl/export_place.h"

#include "common/base/text.h"
#include "common/wire/metric_labels.h"
#include "queryd/evctl/export_file.h"
#include "queryd/evctl/input.h"
#include "queryd/evctl/output_stream.h"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <bit>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

namespace evd::evctl {

namespace {

using nlohmann::json;

constexpr int kVersion = 1;

base::Error notOurs() {
    return base::fail(base::ErrorKind::Invalid, "it is not what evctl export keeps its place in");
}

base::Error noPlace(const std::string& path, const base::Error& why) {
    return base::fail(base::ErrorKind::Invalid, base::cat(path, ": ", why.text));
}

std::optional<std::string> textAt(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? std::optional(found->get<std::string>())
                                                       : std::nullopt;
}

// A number that is not negative and fits an i64.
std::optional<int64_t> numberAt(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_unsigned() ||
        found->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) {
        return std::nullopt;
    }
    return found->get<int64_t>();
}

std::optional<bool> truthAt(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() ? std::optional(found->get<bool>())
                                                        : std::nullopt;
}

}  // namespace

std::string formatExportPlace(const ExportPlace& place) {
    const json object = {{"evctl_export", kVersion},
                         {"question", place.question},
                         {"to", place.to},
                         {"into", place.into},
                         {"since_ns", place.since_ns},
                         {"until_ns", place.until_ns},
                         {"edge_ns", place.page.edge_ns},
                         {"width_ns", place.page.width_ns},
                         {"is_moment", place.page.is_moment},
                         {"records", place.records},
                         {"bytes", place.bytes},
                         {"is_whole", place.is_whole},
                         {"refused", place.refused},
                         {"has_own_name", place.has_own_name}};
    return object.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

base::Result<ExportPlace> parseExportPlace(std::string_view text) {
    if (text.size() > kExportPlaceBytesMax) {
        return notOurs();
    }
    const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object() || numberAt(object, "evctl_export") != kVersion) {
        return notOurs();
    }
    const auto question = textAt(object, "question");
    const auto to = textAt(object, "to");
    const auto into = textAt(object, "into");
    const auto since_ns = numberAt(object, "since_ns");
    const auto until_ns = numberAt(object, "until_ns");
    const auto edge_ns = numberAt(object, "edge_ns");
    const auto width_ns = numberAt(object, "width_ns");
    const auto is_moment = truthAt(object, "is_moment");
    const auto records = numberAt(object, "records");
    const auto bytes = numberAt(object, "bytes");
    const auto is_whole = truthAt(object, "is_whole");
    const auto refused = object.contains("refused") ? numberAt(object, "refused") : 0;
    const auto has_own_name =
        object.contains("has_own_name") ? truthAt(object, "has_own_name") : false;
    const bool has_all = question && to && into && since_ns && until_ns && edge_ns && width_ns &&
                         is_moment && records && bytes && is_whole && refused && has_own_name;
    if (!has_all || *width_ns < 1) {
        return notOurs();
    }
    return ExportPlace{*question,
                       *to,
                       *into,
                       *since_ns,
                       *until_ns,
                       {*edge_ns, *width_ns, *is_moment},
                       static_cast<uint64_t>(*records),
                       static_cast<uint64_t>(*bytes),
                       *is_whole,
                       static_cast<uint64_t>(*refused),
                       *has_own_name};
}

base::Result<ExportPlace> loadExportPlace(const std::string& path) {
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
        const auto kind = errno == ENOENT ? base::ErrorKind::NotFound : base::ErrorKind::Io;
        return base::fail(kind, base::failErrno(base::cat("cannot open ", path), errno).text);
    }
    std::string text;
    EVD_TRY(readToEnd(file.get(), path, [&](std::string_view piece) -> base::Result<void> {
        text += piece;
        return text.size() > kExportPlaceBytesMax ? noPlace(path, notOurs()) : base::Result<void>();
    }));
    auto place = parseExportPlace(text);
    if (!place) {
        return noPlace(path, place.error());
    }
    return place;
}

base::Result<void> saveExportPlace(const std::string& path, const ExportPlace& place) {
    const std::string draft = path + ".new";
    const base::Fd file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.valid()) {
        return base::failErrno(base::cat("cannot make ", draft), errno);
    }
    OutputStream stream(file.get(), draft);
    stream.buffer() = formatExportPlace(place);
    EVD_TRY(stream.flush());
    if (::fsync(file.get()) != 0) {
        return base::failErrno(base::cat("cannot write ", draft, " to the disk"), errno);
    }
    return renameForGood(draft, path);
}

std::string unfinishedTag(const std::string& path) {
    std::error_code none;  // then it is taken as it was typed
    const auto absolute = std::filesystem::absolute(path, none);
    const std::string name = none ? path : absolute.lexically_normal().string();
    const auto hash = static_cast<uint64_t>(wire::fnv1a(name));
    return base::encodeHex(std::bit_cast<std::array<uint8_t, sizeof hash>>(hash));
}

}  // namespace evd::evctl
