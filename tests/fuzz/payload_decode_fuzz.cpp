// evd_fuzz_links: evd_common_db evd_common_wire evd_common_base
//
// Finding a field in a payload (findPath, listFields, peekField, the SQL function msgpack_extract)
// against decoding all of it: a decoder of this file's own makes a tree of the whole payload, reads
// Ruling Q9 off that, slowly, and both must say the same about every name. The input is a payload.

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/db/sql_value.h"
#include "common/wire/msgpack_path.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using Bytes = std::span<const uint8_t>;

struct Node {
    enum class Kind { Other, Text, Map };
    Kind kind = Kind::Other;
    Bytes raw;                // all of the value
    Bytes text;               // Text
    std::vector<Node> pairs;  // Map: key, value, key, value
};

// As the msgpack specification has it, byte by byte. Nothing of the product is used.
class Decoder {
  public:
    explicit Decoder(Bytes bytes) : bytes_(bytes) {}

    // The one value that the bytes are, or none.
    std::optional<Node> whole() {
        auto node = value(0);
        return node && at_ == bytes_.size() ? std::move(node) : std::nullopt;
    }

  private:
    static constexpr int kContainersMax = 64;  // inside one another

    std::optional<uint64_t> number(size_t bytes) {
        if (bytes_.size() - at_ < bytes) {
            return std::nullopt;
        }
        uint64_t all = 0;
        for (size_t i = 0; i < bytes; ++i) {
            all = all << 8 | bytes_[at_++];
        }
        return all;
    }
    std::optional<Bytes> take(std::optional<uint64_t> bytes) {
        if (!bytes || bytes_.size() - at_ < *bytes) {
            return std::nullopt;
        }
        const Bytes taken = bytes_.subspan(at_, *bytes);
        at_ += *bytes;
        return taken;
    }

    std::optional<Node> value(int containers) {
        const size_t begin = at_;
        const auto head = number(1);
        if (!head) {
            return std::nullopt;
        }
        Node node;
        if (!content(static_cast<uint8_t>(*head), containers, node)) {
            return std::nullopt;
        }
        node.raw = bytes_.subspan(begin, at_ - begin);
        return node;
    }

    bool content(uint8_t head, int containers, Node& node) {
        if (head <= 0x7F || head >= 0xE0 || head == 0xC0 || head == 0xC2 || head == 0xC3) {
            return true;
        }
        if (head <= 0x8F) {
            return pairs(head & 0x0FU, containers, node);
        }
        if (head <= 0x9F) {
            return items(head & 0x0FU, containers);
        }
        if (head <= 0xBF) {
            return text(head & 0x1FU, node);
        }
        switch (head) {
            case 0xC4:
            case 0xC5:
            case 0xC6:  // bytes
                return take(number(size_t{1} << (head - 0xC4))).has_value();
            case 0xC7:
            case 0xC8:
            case 0xC9: {  // an extension, and its type
                const auto length = number(size_t{1} << (head - 0xC7));
                return length && take(*length + 1).has_value();
            }
            case 0xCA:
                return take(4).has_value();
            case 0xCB:
                return take(8).has_value();
            case 0xCC:
            case 0xCD:
            case 0xCE:
            case 0xCF:
                return take(uint64_t{1} << (head - 0xCC)).has_value();
            case 0xD0:
            case 0xD1:
            case 0xD2:
            case 0xD3:
                return take(uint64_t{1} << (head - 0xD0)).has_value();
            case 0xD4:
            case 0xD5:
            case 0xD6:
            case 0xD7:
            case 0xD8:
                return take((uint64_t{1} << (head - 0xD4)) + 1).has_value();
            case 0xD9:
            case 0xDA:
            case 0xDB:
                return text(number(size_t{1} << (head - 0xD9)), node);
            case 0xDC:
            case 0xDD:
                return items(number(size_t{2} << (head - 0xDC)), containers);
            case 0xDE:
            case 0xDF:
                return pairs(number(size_t{2} << (head - 0xDE)), containers, node);
            default:
                return false;  // 0xC1
        }
    }

    bool text(std::optional<uint64_t> bytes, Node& node) {
        const auto taken = take(bytes);
        node.kind = Node::Kind::Text;
        node.text = taken.value_or(Bytes());
        return taken.has_value();
    }
    bool items(std::optional<uint64_t> count, int containers) {
        if (!count || containers == kContainersMax) {
            return false;
        }
        for (uint64_t i = 0; i < *count; ++i) {
            if (!value(containers + 1)) {
                return false;
            }
        }
        return true;
    }
    bool pairs(std::optional<uint64_t> count, int containers, Node& node) {
        node.kind = Node::Kind::Map;
        if (!count || containers == kContainersMax) {
            return false;
        }
        for (uint64_t i = 0; i < *count; ++i) {
            auto key = value(containers + 1);
            auto content = key ? value(containers + 1) : std::nullopt;
            if (!content) {
                return false;
            }
            node.pairs.push_back(std::move(*key));
            node.pairs.push_back(std::move(*content));
        }
        return true;
    }

    Bytes bytes_;
    size_t at_ = 0;
};

struct Found {
    int depth = 0;
    Bytes value;
};
using Fields = std::map<std::string, Found>;

// Ruling Q9, read word by word.
void gather(const Node& map, const std::string& prefix, int depth, Fields& fields) {
    std::vector<std::string> seen;
    for (size_t i = 0; i < map.pairs.size(); i += 2) {
        const Node& key = map.pairs[i];
        const Node& value = map.pairs[i + 1];
        if (key.kind != Node::Kind::Text) {
            continue;
        }
        const std::string own(evd::base::asText(key.text));
        if (std::find(seen.begin(), seen.end(), own) != seen.end()) {
            continue;
        }
        seen.push_back(own);
        const std::string name = prefix + own;
        if (value.kind == Node::Kind::Map && !value.pairs.empty()) {
            gather(value, name + ".", depth + 1, fields);
            continue;
        }
        const auto segments = 1 + std::count(name.begin(), name.end(), '.');
        if (name.size() > 1024 || segments > 64) {
            continue;
        }
        const auto [found, is_new] = fields.try_emplace(name, Found{depth, value.raw});
        if (!is_new && found->second.depth < depth) {
            found->second = {depth, value.raw};
        }
    }
}

bool isSame(Bytes left, Bytes right) {
    return left.data() == right.data() && left.size() == right.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace wire = evd::wire;
    const Bytes payload(data, size);
    const auto decoded = Decoder(payload).whole();
    Fields fields;
    if (decoded && decoded->kind == Node::Kind::Map) {
        gather(*decoded, "", 1, fields);
    }
    const auto listed = wire::listFields(payload);
    EVD_CHECK(listed.size() == fields.size(), "as many fields are listed as there are");
    for (const auto& field : listed) {
        const auto found = fields.find(field.name);
        EVD_CHECK(found != fields.end() && isSame(found->second.value, field.value),
                  "what is listed is there");
    }
    for (const auto& [name, field] : fields) {
        const auto found = wire::findPath(payload, name);
        EVD_CHECK(found && isSame(*found, field.value), "what is there is found");
        // Alone, the value is a payload without fields; as one it must say the same.
        std::vector<uint8_t> alone = {0x81, 0xA1, 'x'};
        alone.insert(alone.end(), field.value.begin(), field.value.end());
        const auto inside = evd::db::msgpackExtract(payload, "$." + name);
        const auto outside = evd::db::msgpackExtract(alone, "$.x");
        EVD_CHECK(inside.kind == outside.kind && inside.integer == outside.integer &&
                      inside.content() == outside.content(),
                  "where a value stands does not matter");
    }
    return 0;
}
