#include "common/config/registry_file.h"

#include "common/access/sddl.h"
#include "common/access/security_policy.h"
#include "common/base/text.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace evd::config {

namespace {

using Json = nlohmann::json;

constexpr size_t kShownBytesMax = 80;
constexpr std::string_view kSecurityKey = "Security\\";

// Walks the text once for its first error: the parser that builds the tree reports no position
// unless it throws.
class ErrorFinder final : public Json::json_sax_t {
  public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(Json::number_integer_t) override { return true; }
    bool number_unsigned(Json::number_unsigned_t) override { return true; }
    bool number_float(Json::number_float_t, const std::string&) override { return true; }
    bool string(std::string&) override { return true; }
    bool binary(Json::binary_t&) override { return true; }
    bool start_object(size_t) override { return true; }
    bool key(std::string&) override { return true; }
    bool end_object() override { return true; }
    bool start_array(size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(size_t, const std::string&, const Json::exception& exception) override {
        // "[json.exception.parse_error.101] parse error at line 3, column 5: ..."
        reason = exception.what();
        const size_t end_of_tag = reason.find("] ");
        reason.erase(0, end_of_tag == std::string::npos ? 0 : end_of_tag + 2);
        // What stands at that place is whatever somebody wrote there, in a file of many services.
        reason.erase(std::min(reason.find("; last read"), reason.size()));
        return false;
    }

    std::string reason = "not readable";
};

const Json* member(const Json& object, const char* name) {
    if (!object.is_object()) {
        return nullptr;
    }
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

const std::string* textMember(const Json& object, const char* name) {
    const Json* found = member(object, name);
    return found == nullptr ? nullptr : found->get_ptr<const std::string*>();
}

bool nestsDeeperThan(const Json& data, size_t levels) {
    if (!data.is_structured()) {
        return false;
    }
    return levels == 0 || std::any_of(data.begin(), data.end(), [levels](const Json& part) {
               return nestsDeeperThan(part, levels - 1);
           });
}

std::string shown(const Json& data) {
    // dump() calls itself for each level, and how many there are is up to whoever wrote the file.
    if (nestsDeeperThan(data, kShownDepthMax)) {
        return "...";
    }
    std::string text = data.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
    if (text.size() > kShownBytesMax) {
        text.resize(kShownBytesMax);
        text += "...";
    }
    return text;
}

std::optional<ValueType> typeFromName(std::string_view name) {
    constexpr std::pair<std::string_view, ValueType> kNames[] = {
        {"sz", ValueType::Sz},       {"expand", ValueType::Expand}, {"multi", ValueType::Multi},
        {"dword", ValueType::Dword}, {"qword", ValueType::Qword},   {"binary", ValueType::Binary},
        {"sddl", ValueType::Sddl},
    };
    for (const auto& [known, type] : kNames) {
        if (base::equalsFolded(known, name)) {
            return type;
        }
    }
    return std::nullopt;
}

base::Error wrongData(const char* expected) {
    return base::fail(base::ErrorKind::Invalid, base::cat("the type needs ", expected));
}

base::Result<SettingValue> readNumber(const Json& data, uint64_t max, const char* expected) {
    const auto* number = data.get_ptr<const Json::number_unsigned_t*>();
    if (number == nullptr || *number > max) {
        return wrongData(expected);
    }
    return SettingValue(*number);
}

base::Result<SettingValue> readText(const Json& data) {
    const auto* text = data.get_ptr<const std::string*>();
    if (text == nullptr || text->find('\0') != std::string::npos) {
        return wrongData("text");
    }
    return SettingValue(*text);
}

base::Result<SettingValue> readList(const Json& data) {
    if (!data.is_array()) {
        return wrongData("a list of texts");
    }
    std::vector<std::string> items;
    for (const auto& item : data) {
        auto text = readText(item);
        if (!text.ok()) {
            return wrongData("a list of texts");
        }
        items.push_back(std::get<std::string>(std::move(text).value()));
    }
    return SettingValue(std::move(items));
}

base::Result<SettingValue> readBinary(const Json& data) {
    const auto* text = data.get_ptr<const std::string*>();
    if (text == nullptr) {
        return wrongData("a string of hex digits");
    }
    auto bytes = base::decodeHex(*text);
    if (!bytes.ok()) {
        return wrongData("a string of hex digits");
    }
    return SettingValue(std::move(bytes).value());
}

// To the bytes that a registry would hold (contracts §3).
base::Result<SettingValue> readSddl(const Json& data) {
    auto text = readText(data);
    if (!text.ok()) {
        return text;
    }
    const auto& sddl = std::get<std::string>(text.value());
    if (base::trim(sddl).empty()) {
        return SettingValue(std::vector<uint8_t>());  // set to nothing, as empty binary is
    }
    const auto descriptor = access::parseSddl(sddl);
    if (!descriptor.ok()) {
        return descriptor.error();
    }
    auto bytes = access::buildSecurityDescriptor(descriptor.value());
    return bytes.ok() ? base::Result<SettingValue>(SettingValue(std::move(bytes).value()))
                      : bytes.error();
}

base::Result<SettingValue> readData(ValueType type, const Json& data) {
    switch (type) {
        case ValueType::Sz:
        case ValueType::Expand:
            return readText(data);
        case ValueType::Sddl:
            return readSddl(data);
        case ValueType::Multi:
            return readList(data);
        case ValueType::Dword:
            return readNumber(data, std::numeric_limits<uint32_t>::max(),
                              "a whole number from 0 to 4294967295");
        case ValueType::Qword:
            return readNumber(data, std::numeric_limits<uint64_t>::max(),
                              "a whole number from 0 to 18446744073709551615");
        case ValueType::Binary:
            return readBinary(data);
    }
    return wrongData("a known type");
}

std::string withBackslashes(std::string_view path) {
    std::string out;
    for (const char letter : path) {
        const bool separator = letter == '/' || letter == '\\';
        if (!separator) {
            out += letter;
        } else if (!out.empty() && out.back() != '\\') {
            out += '\\';
        }
    }
    while (!out.empty() && out.back() == '\\') {
        out.pop_back();
    }
    return out;
}

// The part below kRegistryRoot, "" for the root itself, nothing for a key outside it.
std::optional<std::string> belowRoot(std::string_view path) {
    const std::string full = withBackslashes(path);
    if (full.size() < kRegistryRoot.size() ||
        !base::equalsFolded(std::string_view(full).substr(0, kRegistryRoot.size()),
                            kRegistryRoot)) {
        return std::nullopt;
    }
    if (full.size() == kRegistryRoot.size()) {
        return std::string();
    }
    if (full[kRegistryRoot.size()] != '\\') {
        return std::nullopt;
    }
    return full.substr(kRegistryRoot.size() + 1);
}

// Seed files describe other services too, and hold values that are nobody's business: only those
// that eventd has a use for are ever shown.
bool isOurs(std::string_view path, std::string_view name) {
    const auto below = belowRoot(path);
    if (!below) {
        return false;
    }
    const std::string whole =
        below->empty() ? withBackslashes(name) : base::cat(*below, "\\", withBackslashes(name));
    return findSettingSpec(whole) != nullptr || isBelowSecurity(whole);
}

// One pass over the tree of a file, collecting values and problems.
class FileReader {
  public:
    FileReader(const std::string& source, RegistryFile& file) : source_(source), file_(file) {}

    void readKey(const Json& key, size_t index) {
        const std::string* path = textMember(key, "path");
        const Json* values = member(key, "values");
        if (path == nullptr) {
            report(base::cat("keys[", index, "]"), "", "a key needs a path");
            return;
        }
        if (values == nullptr) {
            return;  // A key without values only says that it exists.
        }
        if (!values->is_array()) {
            report(*path, "", "values must be a list");
            return;
        }
        for (size_t i = 0; i < values->size(); ++i) {
            readValue(*path, (*values)[i], i);
        }
    }

  private:
    void readValue(const std::string& path, const Json& value, size_t index) {
        const std::string* name = textMember(value, "name");
        const std::string* type_name = textMember(value, "type");
        const Json* data = member(value, "data");
        if (name == nullptr || name->empty()) {
            report(base::cat(path, "\\values[", index, "]"), "", "a value needs a name");
            return;
        }
        const std::string key = base::cat(path, "\\", *name);
        const auto type = type_name == nullptr ? std::nullopt : typeFromName(*type_name);
        if (!type || data == nullptr) {
            report(
                key, type_name == nullptr || !isOurs(path, *name) ? "" : *type_name,
                "a value needs data and a type: sz, expand, multi, dword, qword, binary or sddl");
            keep(path, *name, ValueType::Sz, std::nullopt);
            return;
        }
        auto parsed = readData(*type, *data);
        if (!parsed.ok()) {
            const bool is_ours = isOurs(path, *name);
            report(key, is_ours ? shown(*data) : "",
                   is_ours ? parsed.error().text : "the data is not of the type");
            keep(path, *name, *type, std::nullopt);
            return;
        }
        keep(path, *name, *type, std::move(parsed).value());
    }

    void keep(const std::string& path, const std::string& name, ValueType type,
              std::optional<SettingValue> data) {
        const auto below = belowRoot(path);
        if (!below) {
            return;  // Seed files describe other services too.
        }
        if (file_.values.size() >= kRegistryFileValuesMax) {
            report(base::cat(path, "\\", name), "",
                   base::cat("a file holds at most ", kRegistryFileValuesMax, " values"));
            return;
        }
        const std::string leaf = withBackslashes(name);
        file_.values.push_back({below->empty() ? leaf : base::cat(*below, "\\", leaf), type,
                                std::move(data), source_});
    }

    void report(std::string key, std::string value, std::string reason) {
        if (file_.problems.size() < kRegistryFileValuesMax) {
            file_.problems.push_back(
                {source_, std::move(key), std::move(value), std::move(reason), false});
        }
    }

    const std::string& source_;
    RegistryFile& file_;
};

}  // namespace

std::string foldRegistryName(std::string_view name) {
    return access::foldObjectName(name);
}

bool isBelowSecurity(std::string_view name) {
    return base::equalsFolded(name.substr(0, kSecurityKey.size()), kSecurityKey);
}

std::optional<RegistryFile> parseRegistryFile(std::string_view text, const std::string& source,
                                              std::vector<Problem>& problems) {
    if (text.size() > kRegistryFileBytesMax) {
        problems.push_back(
            {source, "", "",
             base::cat("a registry file has at most ", kRegistryFileBytesMax, " bytes"), false});
        return std::nullopt;
    }
    ErrorFinder finder;
    if (!Json::sax_parse(text, &finder, Json::input_format_t::json, /*strict=*/true,
                         /*ignore_comments=*/true)) {
        problems.push_back({source, "", "", finder.reason, false});
        return std::nullopt;
    }
    const Json tree = Json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false,
                                  /*ignore_comments=*/true);
    const Json* keys = member(tree, "keys");
    if (keys == nullptr || !keys->is_array()) {
        problems.push_back(
            {source, "", "", "a registry file is an object with a list of keys", false});
        return std::nullopt;
    }
    RegistryFile file;
    FileReader reader(source, file);
    for (size_t i = 0; i < keys->size(); ++i) {
        reader.readKey((*keys)[i], i);
    }
    return file;
}

}  // namespace evd::config
