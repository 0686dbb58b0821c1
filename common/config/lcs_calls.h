#pragma once

#include <cstdint>
#include <span>

namespace evd::config {

// The arguments of the registry's calls (PSD-005; peios-abi §4.1 and §4.2), little-endian. Pointers
// travel as numbers; what is called zero must be zero. A transaction of -1 is none.

struct LcsCreateKey {
    int32_t parent = -1;
    uint32_t zero0 = 0;
    uint64_t path = 0;  // NUL-terminated; only its last component is created
    uint32_t access = 0;
    uint32_t flags = 0;
    uint64_t layer = 0;  // 0: the base layer
    int32_t transaction = -1;
    uint32_t zero1 = 0;
    uint64_t disposition_out = 0;
};
static_assert(sizeof(LcsCreateKey) == 48);

struct LcsSetValue {
    uint32_t name_bytes = 0;
    uint32_t zero0 = 0;
    uint64_t name = 0;
    uint32_t type = 0;
    uint32_t data_bytes = 0;
    uint64_t data = 0;
    uint32_t layer_bytes = 0;
    uint32_t zero1 = 0;
    uint64_t layer = 0;
    int32_t transaction = -1;
    uint32_t zero2 = 0;
    uint64_t expected_sequence = 0;  // 0: whatever is there
};
static_assert(sizeof(LcsSetValue) == 64);

// All values of a key at one moment. With too small a buffer the call is -ERANGE and buffer_bytes
// is what it takes. Records lie one behind the other, without padding:
//
//        +------------+------+----------+------------+------+
//        | name bytes | name | u32 type | data bytes | data |
//        +------------+------+----------+------------+------+
struct LcsQueryValues {
    uint32_t buffer_bytes = 0;  // in and out
    uint32_t count_out = 0;
    uint64_t buffer = 0;
    int32_t transaction = -1;
    uint32_t zero = 0;
};
static_assert(sizeof(LcsQueryValues) == 24);

// The name of one subkey, by its place; -ENOENT behind the last. Places shift when others come or
// go.
struct LcsEnumSubkey {
    uint32_t index = 0;
    uint32_t name_bytes = 0;  // in and out
    uint64_t name = 0;
    uint64_t last_write_out = 0;
    uint32_t subkeys_out = 0;
    uint32_t values_out = 0;
    int32_t transaction = -1;
    uint32_t zero = 0;
};
static_assert(sizeof(LcsEnumSubkey) == 40);

struct LcsNotify {
    uint32_t filter = 0;
    uint8_t subtree = 0;
    uint8_t zero[3] = {};
};
static_assert(sizeof(LcsNotify) == 8);

// Rights to a key, and what a watch looks for.
inline constexpr uint32_t kLcsSetValue = 0x2;
inline constexpr uint32_t kLcsCreateSubKey = 0x4;
inline constexpr uint32_t kLcsRead = 0x20019;  // query, enumerate, notify, read its descriptor
inline constexpr uint32_t kLcsWatchSubkeys = 2;
inline constexpr uint32_t kLcsWatchAll = 7;

// What a watch tells: u32 length of the whole record, u16 type, and what it is about.
inline constexpr uint16_t kLcsKeyDeleted = 6;
inline constexpr uint16_t kLcsOverflow = 7;

// Types of values.
inline constexpr uint32_t kLcsSz = 1;
inline constexpr uint32_t kLcsExpandSz = 2;
inline constexpr uint32_t kLcsBinary = 3;
inline constexpr uint32_t kLcsDword = 4;
inline constexpr uint32_t kLcsMultiSz = 7;
inline constexpr uint32_t kLcsQword = 11;

// The door to LCS, the registry of a Peios kernel (PSD-005).
//
// As narrow as it can be, so that tests can be a kernel and give every answer that one may give.
// Each call fails with a negative errno, as system calls do; which of them means what is for the
// caller to judge. Calls wait for the registry's server, at most 30 s by its own limit; events()
// does not wait on a descriptor that was made non-blocking. Any thread.
class LcsCalls {
  public:
    virtual ~LcsCalls() = default;
    // reg_open_key (1100): a descriptor; parent -1 for a path from a hive.
    virtual int openKey(int parent, const char* path, uint32_t access) const = 0;
    virtual int createKey(const LcsCreateKey& arguments) const = 0;  // reg_create_key (1101)
    virtual int setValue(int key, const LcsSetValue& arguments) const = 0;
    virtual int queryValues(int key, LcsQueryValues& arguments) const = 0;
    virtual int enumSubkey(int key, LcsEnumSubkey& arguments) const = 0;
    virtual int notify(int key, const LcsNotify& arguments) const = 0;
    // Whole records of the watch; how many bytes.
    virtual int events(int key, std::span<uint8_t> buffer) const = 0;
};

// The real ones. On a kernel without LCS each is -ENOSYS.
const LcsCalls& kernelLcs();

// Whether there is an LCS at all, whatever it would answer. Has no effect.
bool hasLcs(const LcsCalls& calls);

}  // namespace evd::config
