// Both searches go over the payload's maps pair by pair. A value that cannot matter is walked over
// without being taken apart; a nested map that can is entered. Every byte is passed exactly once,
// also after a hit, because a payload that turns out malformed has no fields.
//
// findPath descends only along keys that are a prefix of the name at a dot. All such keys of one
// map are different prefixes of the same text, so the number of dots in a key identifies it, and
// one 64-bit mask per open map is enough to tell a duplicate key from the first one.

#include "common/wire/msgpack_path.h"

#include "common/base/text.h"
#include "common/wire/msgpack_head.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

namespace evd::wire {

namespace {

using Bytes = std::span<const uint8_t>;

// How many bytes a value has, by its first: small integers, short texts, nil, booleans and numbers
// of a fixed size. 0 for all others.
constexpr std::array<uint8_t, 256> makeFixedBytes() {
    std::array<uint8_t, 256> bytes{};
    for (size_t first = 0; first < bytes.size(); ++first) {
        const bool is_single =
            first < 0x80 || first >= 0xE0 || first == 0xC0 || first == 0xC2 || first == 0xC3;
        if (is_single) {
            bytes[first] = 1;
        } else if (first >= 0xA0 && first < 0xC0) {
            bytes[first] = static_cast<uint8_t>(1 + (first & 0x1F));
        } else if (first == 0xCA || first == 0xCB) {  // f32 f64
            bytes[first] = static_cast<uint8_t>(1 + (size_t{4} << (first & 1)));
        } else if (first >= 0xCC && first <= 0xD3) {
            // u8 u16 u32 u64 i8 i16 i32 i64
            bytes[first] = static_cast<uint8_t>(1 + (size_t{1} << (first & 3)));
        }
    }
    return bytes;
}

constexpr std::array<uint8_t, 256> kFixedBytes = makeFixedBytes();

// How many bytes a value has that is told by its first two: the above, and texts of a byte's
// length. 0 for all others, and for what is cut short.
inline size_t shortValueBytes(Bytes payload, size_t offset) {
    if (offset >= payload.size()) {
        return 0;
    }
    size_t bytes = kFixedBytes[payload[offset]];
    if (payload[offset] == 0xD9 && offset + 1 < payload.size()) {
        bytes = size_t{2} + payload[offset + 1];
    }
    return bytes <= payload.size() - offset ? bytes : 0;
}

bool walkOver(Bytes payload, size_t& offset, uint32_t level) {
    if (const size_t bytes = shortValueBytes(payload, offset); bytes != 0) {
        offset += bytes;
        return true;
    }
    return walkMsgpack(payload, offset, kMsgpackDepthMax - level,
                       [](const uint8_t*, size_t) { return true; });
}

// Where a value starts, what it is, and whether it opens a map with something in it.
bool peek(Bytes payload, size_t offset, MsgpackHead& head) {
    return parseMsgpackHead(payload.data() + offset, payload.size() - offset, head);
}

bool isFilledMap(const MsgpackHead& head) {
    return head.kind == MsgpackKind::Map && head.children != 0;
}

// Reads a key. A key that is not text is walked over and leaves `key` empty.
bool readKey(Bytes payload, size_t& offset, uint32_t level, std::optional<std::string_view>& key) {
    if (offset < payload.size() && payload[offset] >= 0xA0 && payload[offset] < 0xC0) {
        const size_t bytes = payload[offset] & size_t{0x1F};  // nearly every key
        if (bytes >= payload.size() - offset) {
            return false;
        }
        key = base::asText(payload.subspan(offset + 1, bytes));
        offset += 1 + bytes;
        return true;
    }
    MsgpackHead head;
    if (!peek(payload, offset, head)) {
        return false;
    }
    key.reset();
    if (head.kind != MsgpackKind::Text) {
        return walkOver(payload, offset, level);
    }
    const auto bytes = static_cast<size_t>(head.content_bytes);
    key = base::asText(payload.subspan(offset + head.head_bytes, bytes));
    offset += head.head_bytes + bytes;
    return true;
}

size_t segmentsOf(std::string_view name) {
    return 1 + static_cast<size_t>(std::count(name.begin(), name.end(), '.'));
}

bool isFieldName(std::string_view name) {
    return name.size() <= kFieldNameBytesMax && segmentsOf(name) <= kFieldNameSegmentsMax;
}

class PathSearch {
  public:
    explicit PathSearch(Bytes payload) : payload_(payload) {}

    // Passes over the filled map at `offset` that stands in `level - 1` others, looking for `name`.
    bool searchMap(size_t& offset, std::string_view name, uint32_t level) {
        MsgpackHead map;
        if (level > kMsgpackDepthMax || !peek(payload_, offset, map)) {
            return false;
        }
        offset += map.head_bytes;
        uint64_t seen_prefixes = 0;
        std::optional<std::string_view> key;
        for (uint64_t pair = 0; pair < map.children / 2; ++pair) {
            if (!readKey(payload_, offset, level, key)) {
                return false;
            }
            const bool leads = key.has_value() && leadsTo(*key, name, seen_prefixes);
            if (!(leads ? searchValue(offset, *key, name, level)
                        : walkOver(payload_, offset, level))) {
                return false;
            }
        }
        return true;
    }

    std::optional<Bytes> found() const { return found_; }

  private:
    // Whether the key is the name or a prefix of it at a dot, and the first such key of its map.
    static bool leadsTo(std::string_view key, std::string_view name, uint64_t& seen_prefixes) {
        // Most keys are told apart by their first letter.
        if (!key.empty() && (name.empty() || key.front() != name.front())) {
            return false;
        }
        if (!name.starts_with(key) || (key.size() < name.size() && name[key.size()] != '.')) {
            return false;
        }
        const uint64_t bit = uint64_t{1} << (segmentsOf(key) - 1);
        const bool is_first = (seen_prefixes & bit) == 0;
        seen_prefixes |= bit;
        return is_first;
    }

    bool searchValue(size_t& offset, std::string_view key, std::string_view name, uint32_t level) {
        const bool is_whole_name = key.size() == name.size();
        if (is_whole_name) {
            if (const size_t bytes = shortValueBytes(payload_, offset); bytes != 0) {
                keep(offset, bytes, level);
                offset += bytes;
                return true;
            }
        }
        MsgpackHead value;
        if (!peek(payload_, offset, value)) {
            return false;
        }
        if (isFilledMap(value) && !is_whole_name) {
            return searchMap(offset, name.substr(key.size() + 1), level + 1);
        }
        const size_t start = offset;
        if (!walkOver(payload_, offset, level)) {
            return false;
        }
        if (is_whole_name && !isFilledMap(value)) {
            keep(start, offset - start, level);
        }
        return true;
    }

    void keep(size_t start, size_t bytes, uint32_t level) {
        if (level > found_level_) {
            found_level_ = level;
            found_ = payload_.subspan(start, bytes);
        }
    }

    Bytes payload_;
    std::optional<Bytes> found_;
    uint32_t found_level_ = 0;
};

class FieldList {
  public:
    explicit FieldList(Bytes payload) : payload_(payload) {}

    bool listMap(size_t& offset, const std::string& prefix, uint32_t level) {
        MsgpackHead map;
        if (level > kMsgpackDepthMax || !peek(payload_, offset, map)) {
            return false;
        }
        offset += map.head_bytes;
        std::unordered_set<std::string_view> keys;
        std::optional<std::string_view> key;
        for (uint64_t pair = 0; pair < map.children / 2; ++pair) {
            if (!readKey(payload_, offset, level, key)) {
                return false;
            }
            const bool is_first = key.has_value() && keys.insert(*key).second;
            std::string name = is_first ? base::cat(prefix, *key) : std::string();
            if (!(is_first && isFieldName(name) ? listValue(offset, std::move(name), level)
                                                : walkOver(payload_, offset, level))) {
                return false;
            }
        }
        return true;
    }

    std::vector<PayloadField> take() {
        std::vector<PayloadField> fields;
        for (Found& found : found_) {
            if (found.level != 0) {
                fields.push_back(std::move(found.field));
            }
        }
        return fields;
    }

  private:
    struct Found {
        PayloadField field;
        uint32_t level;  // 0: another place of that name won
    };

    bool listValue(size_t& offset, std::string name, uint32_t level) {
        MsgpackHead value;
        if (!peek(payload_, offset, value)) {
            return false;
        }
        if (isFilledMap(value)) {
            return listMap(offset, name + '.', level + 1);
        }
        const size_t start = offset;
        if (!walkOver(payload_, offset, level)) {
            return false;
        }
        keep(std::move(name), payload_.subspan(start, offset - start), level);
        return true;
    }

    void keep(std::string name, Bytes value, uint32_t level) {
        const auto [place, is_new] = places_.try_emplace(name, found_.size());
        if (!is_new) {
            Found& rival = found_[place->second];
            if (rival.level >= level) {
                return;
            }
            rival.level = 0;
            place->second = found_.size();
        }
        found_.push_back({{std::move(name), value}, level});
    }

    Bytes payload_;
    std::vector<Found> found_;
    std::unordered_map<std::string, size_t> places_;  // name -> the one in found_ that holds it
};

// The fields of a map without maps in it, as most payloads are: nothing but its own keys can give
// the same name twice, so there is nothing to be remembered but these. False where that is not so,
// or there are more of them than are worth comparing one by one; `fields` is then of no use.
bool listFlat(Bytes payload, const MsgpackHead& root, std::vector<PayloadField>& fields) {
    constexpr size_t kKeysMax = 16;
    if (root.children / 2 > kKeysMax) {
        return false;
    }
    std::array<std::string_view, kKeysMax> keys;
    size_t key_count = 0;
    size_t offset = root.head_bytes;
    std::optional<std::string_view> key;
    fields.reserve(root.children / 2);
    for (uint64_t pair = 0; pair < root.children / 2; ++pair) {
        MsgpackHead value;
        if (!readKey(payload, offset, 1, key) || !peek(payload, offset, value) ||
            isFilledMap(value)) {
            return false;
        }
        const size_t start = offset;
        if (!walkOver(payload, offset, 1)) {
            return false;
        }
        const auto keys_end = keys.begin() + static_cast<ptrdiff_t>(key_count);
        if (key && std::find(keys.begin(), keys_end, *key) == keys_end) {
            keys[key_count++] = *key;
            if (isFieldName(*key)) {
                fields.push_back({std::string(*key), payload.subspan(start, offset - start)});
            }
        }
    }
    return offset == payload.size();
}

}  // namespace

std::optional<Bytes> findPath(Bytes payload, std::string_view name) {
    MsgpackHead root;
    if (!peek(payload, 0, root) || !isFilledMap(root) || !isFieldName(name)) {
        return std::nullopt;
    }
    PathSearch search(payload);
    size_t offset = 0;
    if (!search.searchMap(offset, name, 1) || offset != payload.size()) {
        return std::nullopt;
    }
    return search.found();
}

std::optional<Bytes> peekField(Bytes payload, std::string_view name) {
    MsgpackHead root;
    if (!peek(payload, 0, root) || !isFilledMap(root)) {
        return std::nullopt;
    }
    size_t offset = root.head_bytes;
    std::optional<std::string_view> key;
    for (uint64_t pair = 0; pair < root.children / 2; ++pair) {
        if (!readKey(payload, offset, 1, key)) {
            return std::nullopt;
        }
        const size_t start = offset;
        const size_t bytes = shortValueBytes(payload, offset);
        offset += bytes;
        if (bytes == 0 && !walkOver(payload, offset, 1)) {
            return std::nullopt;
        }
        // Nearly every other name differs in its length or its first letter.
        if (!key || key->size() != name.size() || *key != name) {
            continue;
        }
        MsgpackHead value;
        const bool has_parts = bytes == 0 && peek(payload, start, value) && isFilledMap(value);
        return has_parts ? std::nullopt : std::optional(payload.subspan(start, offset - start));
    }
    return std::nullopt;
}

std::vector<PayloadField> listFields(Bytes payload) {
    MsgpackHead root;
    if (!peek(payload, 0, root) || !isFilledMap(root)) {
        return {};
    }
    std::vector<PayloadField> fields;
    if (listFlat(payload, root, fields)) {
        return fields;
    }
    FieldList list(payload);
    size_t offset = 0;
    if (!list.listMap(offset, "", 1) || offset != payload.size()) {
        return {};
    }
    return list.take();
}

}  // namespace evd::wire
