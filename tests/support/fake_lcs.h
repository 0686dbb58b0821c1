#pragma once

#include "common/base/text.h"
#include "common/config/lcs_calls.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace evd::test {

inline std::vector<uint8_t> bytesOf(std::string_view text) {
    return {text.begin(), text.end()};
}
inline std::vector<uint8_t> bytesOf(uint64_t number, size_t width) {
    const auto* at = reinterpret_cast<const uint8_t*>(&number);
    return {at, at + width};
}

// A kernel with a registry, answering at the system-call boundary as PSD-005 says it does: the
// structures it is given are those that a real one would be, and it writes into the same buffers.
//
// What a test scripts happens instead: errors by call, a key that keeps growing, events of a watch.
// No LCS runs here, so this is what the back end is tested against.
class FakeLcs : public config::LcsCalls {
  public:
    struct Value {
        uint32_t type = 0;
        std::vector<uint8_t> data;
    };
    struct Key {
        std::map<std::string, Value> values;
    };

    bool is_absent = false;                   // a kernel without LCS
    mutable std::map<std::string, Key> keys;  // by path
    std::map<std::string, int> open_errors;   // by path: a negative errno
    std::map<std::string, int> query_errors;  // by path
    int create_error = 0;
    int notify_error = 0;
    mutable int growing_rounds = 0;  // so often the answer needs one byte more than was said
    int false_count = 0;             // added to the number of values that the kernel says it gives
    uint32_t false_bytes = 0;        // added to the bytes that it says it has written of values
    uint32_t false_name_bytes = 0;   // added to those of a key's name
    mutable std::deque<std::vector<uint8_t>> pending;  // what reading a watch gives, part by part
    mutable std::vector<std::string> watched;          // paths, in the order of the calls
    mutable std::vector<uint32_t> watch_filters;
    mutable int opened = 0;

    ~FakeLcs() override = default;

    void set(const std::string& path, const std::string& name, uint32_t type,
             std::vector<uint8_t> data) {
        addKey(path);
        keys[path].values[name] = {type, std::move(data)};
    }
    void addKey(std::string path) const {
        while (true) {
            keys.try_emplace(path);
            const size_t slash = path.rfind('\\');
            if (slash == std::string::npos) {
                return;
            }
            path.resize(slash);
        }
    }
    void removeTree(const std::string& path) const {
        std::erase_if(keys, [&](const auto& entry) {
            return entry.first == path || entry.first.starts_with(path + "\\");
        });
    }
    static std::vector<uint8_t> event(uint16_t type) {
        std::vector<uint8_t> record = bytesOf(8, 4);
        const auto rest = bytesOf(type, 4);  // the type, and a name of no bytes
        record.insert(record.end(), rest.begin(), rest.end());
        return record;
    }

    int openKey(int parent, const char* path, uint32_t access) const override {
        if (is_absent) {
            return -ENOSYS;
        }
        if (access == 0) {
            return -EINVAL;
        }
        const std::string full = parent < 0 ? path : pathOf(parent) + "\\" + path;
        if (const auto error = open_errors.find(full); error != open_errors.end()) {
            return error->second;
        }
        return keys.contains(full) ? descriptorOf(full) : -ENOENT;
    }

    int createKey(const config::LcsCreateKey& arguments) const override {
        const std::string path = reinterpret_cast<const char*>(arguments.path);
        const size_t slash = path.rfind('\\');
        if (create_error != 0) {
            return create_error;
        }
        if (slash == std::string::npos || !keys.contains(path.substr(0, slash))) {
            return -ENOENT;  // only the last component is created
        }
        keys.try_emplace(path);
        return descriptorOf(path);
    }

    int setValue(int key, const config::LcsSetValue& arguments) const override {
        const std::string name(reinterpret_cast<const char*>(arguments.name), arguments.name_bytes);
        const auto* data = reinterpret_cast<const uint8_t*>(arguments.data);
        keys[pathOf(key)].values[name] = {arguments.type, {data, data + arguments.data_bytes}};
        return 0;
    }

    int queryValues(int key, config::LcsQueryValues& arguments) const override {
        const auto found = keys.find(pathOf(key));
        if (const auto error = query_errors.find(pathOf(key)); error != query_errors.end()) {
            return error->second;
        }
        if (found == keys.end()) {
            return -ENOENT;
        }
        std::vector<uint8_t> all;
        for (const auto& [name, value] : found->second.values) {
            for (const auto& part : {bytesOf(name.size(), 4), bytesOf(name), bytesOf(value.type, 4),
                                     bytesOf(value.data.size(), 4), value.data}) {
                all.insert(all.end(), part.begin(), part.end());
            }
        }
        if (growing_rounds > 0 || all.size() > arguments.buffer_bytes) {
            const bool grows = growing_rounds > 0 && growing_rounds-- > 0;
            arguments.buffer_bytes =
                grows ? arguments.buffer_bytes + 1 : static_cast<uint32_t>(all.size());
            return -ERANGE;
        }
        std::copy(all.begin(), all.end(), reinterpret_cast<uint8_t*>(arguments.buffer));
        arguments.buffer_bytes = static_cast<uint32_t>(all.size()) + false_bytes;
        arguments.count_out =
            static_cast<uint32_t>(static_cast<int>(found->second.values.size()) + false_count);
        return 0;
    }

    int enumSubkey(int key, config::LcsEnumSubkey& arguments) const override {
        const std::string prefix = pathOf(key) + "\\";
        uint32_t index = 0;
        for (const auto& entry : keys) {
            const std::string& path = entry.first;
            if (!path.starts_with(prefix) || path.find('\\', prefix.size()) != std::string::npos ||
                index++ != arguments.index) {
                continue;
            }
            const std::string name = path.substr(prefix.size());
            const bool fits = name.size() <= arguments.name_bytes;
            if (fits) {
                std::memcpy(reinterpret_cast<void*>(arguments.name), name.data(), name.size());
            }
            arguments.name_bytes = static_cast<uint32_t>(name.size()) + false_name_bytes;
            return fits ? 0 : -ERANGE;
        }
        return -ENOENT;
    }

    int notify(int key, const config::LcsNotify& arguments) const override {
        watched.push_back(pathOf(key));
        watch_filters.push_back(arguments.filter);
        return notify_error;
    }

    int events(int, std::span<uint8_t> buffer) const override {
        if (pending.empty()) {
            return -EAGAIN;
        }
        const auto part = pending.front();
        pending.pop_front();
        std::copy(part.begin(), part.end(), buffer.begin());
        return static_cast<int>(part.size());
    }

  private:
    // A real descriptor, so that whoever leaks it or waits on it meets the kernel's own rules.
    int descriptorOf(const std::string& path) const {
        ++opened;
        const int fd = ::eventfd(0, EFD_CLOEXEC);
        paths_[fd] = path;
        return fd;
    }
    std::string pathOf(int fd) const {
        const auto found = paths_.find(fd);
        return found == paths_.end() ? "" : found->second;
    }

    mutable std::map<int, std::string> paths_;
};

}  // namespace evd::test
