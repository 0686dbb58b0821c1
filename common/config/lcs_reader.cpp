#include "common/config/lcs_reader.h"

#include "common/base/text.h"
#include "common/config/lcs_registry.h"
#include "common/config/registry_file.h"

#include <cerrno>
#include <utility>

namespace evd::config {

namespace {

constexpr uint32_t kFirstBufferBytes = 16 * 1024;
constexpr uint32_t kNameBytes = 256;  // LCS allows 255
constexpr uint32_t kNameBytesMax = 64 * 1024;
constexpr int kRoundsMax = 8;
constexpr const char* kSource = "LCS";

}  // namespace

int LcsReader::readTree(int key, const std::string& name) {
    return readLevel(key, name, 0);
}

int LcsReader::readLevel(int key, const std::string& name, size_t depth) {
    if (++keys_ > kLcsKeysMax || depth > kLcsDepthMax) {
        return -E2BIG;
    }
    std::vector<LcsValue> values;
    if (const int outcome = readValues(key, values); outcome < 0) {
        return outcome;
    }
    if (snapshot_.values.size() + values.size() > kLcsValuesMax) {
        return -E2BIG;
    }
    for (auto& value : values) {
        keep(name, std::move(value));
    }
    std::vector<std::string> subkeys;
    if (const int outcome = listSubkeys(key, subkeys); outcome < 0) {
        return outcome;
    }
    for (const auto& subkey : subkeys) {
        const int opened = calls_.openKey(key, subkey.c_str(), kLcsRead);
        const base::Fd below(opened < 0 ? -1 : opened);
        const int outcome =
            opened < 0 ? opened
                       : readLevel(opened, name.empty() ? subkey : base::cat(name, "\\", subkey),
                                   depth + 1);
        if (outcome < 0 && outcome != -ENOENT) {
            return outcome;
        }
    }
    return 0;
}

int LcsReader::readValues(int key, std::vector<LcsValue>& values) {
    uint32_t wanted = kFirstBufferBytes;
    for (int round = 0; round < kRoundsMax; ++round) {
        std::vector<uint8_t> buffer(wanted);
        LcsQueryValues query;
        query.buffer_bytes = wanted;
        query.buffer = reinterpret_cast<uint64_t>(buffer.data());
        const int outcome = calls_.queryValues(key, query);
        if (outcome == -ERANGE && query.buffer_bytes > wanted) {
            wanted = query.buffer_bytes;
            if (wanted > kLcsAnswerBytesMax) {
                return -E2BIG;
            }
            continue;
        }
        if (outcome < 0) {
            return outcome;
        }
        if (query.buffer_bytes > buffer.size()) {
            return -EPROTO;  // more than there was room for
        }
        auto parsed = parseLcsValues({buffer.data(), query.buffer_bytes}, query.count_out);
        if (!parsed) {
            return -EPROTO;
        }
        values = *std::move(parsed);
        return 0;
    }
    return -EBUSY;
}

int LcsReader::listSubkeys(int key, std::vector<std::string>& names) {
    for (uint32_t index = 0; index <= kLcsKeysMax; ++index) {
        std::string name;
        const int outcome = readName(key, index, name);
        if (outcome == -ENOENT) {
            return 0;
        }
        if (outcome < 0) {
            return outcome;
        }
        names.push_back(std::move(name));
    }
    return -E2BIG;
}

int LcsReader::readName(int key, uint32_t index, std::string& name) {
    uint32_t wanted = kNameBytes;
    for (int round = 0; round < kRoundsMax; ++round) {
        name.assign(wanted, '\0');
        LcsEnumSubkey query;
        query.index = index;
        query.name_bytes = wanted;
        query.name = reinterpret_cast<uint64_t>(name.data());
        const int outcome = calls_.enumSubkey(key, query);
        if (outcome == -ERANGE && query.name_bytes > wanted && query.name_bytes <= kNameBytesMax) {
            wanted = query.name_bytes;
            continue;
        }
        if (outcome < 0) {
            return outcome;
        }
        if (query.name_bytes > name.size() || query.name_bytes == 0) {
            return -EPROTO;
        }
        name.resize(query.name_bytes);
        return 0;
    }
    return -EBUSY;
}

void LcsReader::keep(const std::string& key, LcsValue value) {
    const std::string own(value.name.empty() ? kDefaultValueName : std::string_view(value.name));
    RegistryValue out;
    out.name = key.empty() ? own : base::cat(key, "\\", own);
    auto read = readLcsValue(value);
    out.type = read.type;
    out.data = std::move(read.data);
    out.source = kSource;
    if (!out.data) {
        snapshot_.problems.push_back(
            {kSource, base::cat(kRegistryRoot, "\\", out.name), "", std::move(read.reason), false});
    }
    snapshot_.values.insert_or_assign(foldRegistryName(out.name), std::move(out));
}

}  // namespace evd::config
