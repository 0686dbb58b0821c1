/* Asks eventd one question over its query socket and prints the answer, one record a line.
 *
 *     cc -Wall -Wextra -o ask ask.c
 *     ./ask /run/eventd/query.sock 'EVENTS process.exec TAKE 3'
 *     ./ask /run/eventd/query.sock 'LOGS STREAM'            follows until it is stopped
 *     ./ask /run/eventd/query.sock 'LOGS STREAM' 5          ends after five records
 *
 * Nothing but the C library and POSIX. The protocol (PSD-008, section 8.8; docs/wire-protocol.md):
 * one question per connection; a message either way is its length as a u32, little-endian, and
 * that many bytes of msgpack, which are one map. Take what you need of it into programs of yours.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FRAME_MAX = 64 << 20, DEPTH_MAX = 64, QUESTION_MAX = 60000 };

static void fail(const char *what, const char *why) {
    fflush(stdout);
    fprintf(stderr, "ask: %s: %s\n", what, why);
    exit(1);
}

/* ---- reading msgpack: a cursor that never goes beyond the end ------------------------------ */

struct bytes {
    const uint8_t *at;
    const uint8_t *end;
};

static const uint8_t *take(struct bytes *in, size_t count) {
    if ((size_t)(in->end - in->at) < count) fail("bad answer", "a value is cut off");
    const uint8_t *taken = in->at;
    in->at += count;
    return taken;
}

/* msgpack's numbers are big-endian. */
static uint64_t take_number(struct bytes *in, size_t width) {
    const uint8_t *digits = take(in, width);
    uint64_t number = 0;
    for (size_t i = 0; i < width; ++i) number = number << 8 | digits[i];
    return number;
}

enum kind { NIL, BOOLEAN, INTEGER, UNSIGNED, REAL, TEXT, BYTES, ARRAY, MAP };

/* One value, or the head of an array or a map, whose `count` items or pairs come next. */
struct value {
    enum kind kind;
    int64_t integer;
    uint64_t number; /* UNSIGNED, and 0 or 1 of BOOLEAN */
    double real;
    const uint8_t *data; /* TEXT and BYTES, not ended by a zero */
    size_t count;        /* of bytes, items or pairs */
};

static struct value with_data(struct bytes *in, enum kind kind, size_t count) {
    struct value value = {.kind = kind, .count = count};
    value.data = take(in, count);
    return value;
}

static struct value integer_value(uint64_t bits, unsigned width) {
    /* Puts the sign of a narrower number into place. */
    unsigned shift = 64 - 8 * width;
    struct value value = {.kind = INTEGER, .integer = (int64_t)(bits << shift) >> shift};
    return value;
}

static struct value real_value(uint64_t bits, bool is_double) {
    struct value value = {.kind = REAL};
    if (is_double) {
        memcpy(&value.real, &bits, sizeof value.real);
    } else {
        float narrow;
        uint32_t low = (uint32_t)bits;
        memcpy(&narrow, &low, sizeof narrow);
        value.real = (double)narrow;
    }
    return value;
}

static struct value read_value(struct bytes *in) {
    uint8_t head = *take(in, 1);
    struct value value = {.kind = NIL};
    if (head <= 0x7f) return integer_value(head, 8);
    if (head >= 0xe0) return integer_value(head, 1);
    if (head <= 0x8f) return (struct value){.kind = MAP, .count = head & 0x0f};
    if (head <= 0x9f) return (struct value){.kind = ARRAY, .count = head & 0x0f};
    if (head <= 0xbf) return with_data(in, TEXT, head & 0x1f);
    switch (head) {
        case 0xc0: return value;
        case 0xc2:
        case 0xc3: return (struct value){.kind = BOOLEAN, .number = head & 1};
        case 0xc4:
        case 0xc5:
        case 0xc6: return with_data(in, BYTES, take_number(in, 1u << (head - 0xc4)));
        case 0xca: return real_value(take_number(in, 4), false);
        case 0xcb: return real_value(take_number(in, 8), true);
        case 0xcc:
        case 0xcd:
        case 0xce:
        case 0xcf:
            value.kind = UNSIGNED;
            value.number = take_number(in, 1u << (head - 0xcc));
            return value;
        case 0xd0:
        case 0xd1:
        case 0xd2:
        case 0xd3: {
            unsigned width = 1u << (head - 0xd0);
            return integer_value(take_number(in, width), width);
        }
        case 0xd9:
        case 0xda:
        case 0xdb: return with_data(in, TEXT, take_number(in, 1u << (head - 0xd9)));
        case 0xdc:
        case 0xdd:
            return (struct value){.kind = ARRAY, .count = take_number(in, 2u << (head - 0xdc))};
        case 0xde:
        case 0xdf:
            return (struct value){.kind = MAP, .count = take_number(in, 2u << (head - 0xde))};
        default: fail("bad answer", "eventd sends no such value"); return value;
    }
}

/* ---- printing ------------------------------------------------------------------------------ */

/* Control characters are escaped: what was stored must not speak to the terminal. */
static void print_text(const uint8_t *text, size_t length) {
    putchar('"');
    for (size_t i = 0; i < length; ++i) {
        /* There is a second row of them, U+0080 to U+009F: in UTF-8 C2 80 to C2 9F. */
        bool second = text[i] == 0xc2 && i + 1 < length && text[i + 1] < 0xa0;
        if (second) ++i;
        if (second || text[i] < 0x20 || text[i] == 0x7f) {
            printf("\\x%02x", text[i]);
        } else {
            if (text[i] == '"' || text[i] == '\\') putchar('\\');
            putchar(text[i]);
        }
    }
    putchar('"');
}

/* The fewest digits that mean the same number. */
static void print_real(double real) {
    char digits[40];
    for (int precision = 1; precision <= 17; ++precision) {
        snprintf(digits, sizeof digits, "%.*g", precision, real);
        if (strtod(digits, NULL) == real) break;
    }
    fputs(digits, stdout);
}

static void print_value(struct bytes *in, int depth) {
    struct value value = read_value(in);
    if (depth > DEPTH_MAX) fail("bad answer", "nested too deeply");
    switch (value.kind) {
        case NIL: fputs("nil", stdout); break;
        case BOOLEAN: fputs(value.number ? "true" : "false", stdout); break;
        case INTEGER: printf("%" PRId64, value.integer); break;
        case UNSIGNED: printf("%" PRIu64, value.number); break;
        case REAL: print_real(value.real); break;
        case TEXT: print_text(value.data, value.count); break;
        case BYTES:
            fputs("x\"", stdout);
            for (size_t i = 0; i < value.count; ++i) printf("%02x", value.data[i]);
            putchar('"');
            break;
        case ARRAY:
            putchar('[');
            for (size_t i = 0; i < value.count; ++i) {
                if (i > 0) fputs(", ", stdout);
                print_value(in, depth + 1);
            }
            putchar(']');
            break;
        case MAP:
            putchar('{');
            for (size_t i = 0; i < value.count; ++i) {
                if (i > 0) fputs(", ", stdout);
                print_value(in, depth + 1);
                fputs(": ", stdout);
                print_value(in, depth + 1);
            }
            putchar('}');
            break;
    }
}

static void print_record(struct bytes *in) {
    struct value record = read_value(in);
    if (record.kind != MAP) fail("bad answer", "a record is a map");
    for (size_t i = 0; i < record.count; ++i) {
        struct value name = read_value(in);
        if (name.kind != TEXT) fail("bad answer", "a field has a name");
        printf("%s%.*s=", i > 0 ? " " : "", (int)name.count, (const char *)name.data);
        print_value(in, 0);
    }
    putchar('\n');
}

/* Passes over a value of a key that we do not know. */
static void skip_value(struct bytes *in, int depth) {
    struct value value = read_value(in);
    if (depth > DEPTH_MAX) fail("bad answer", "nested too deeply");
    size_t inside = value.kind == ARRAY ? value.count : value.kind == MAP ? 2 * value.count : 0;
    for (size_t i = 0; i < inside; ++i) skip_value(in, depth + 1);
}

/* ---- the connection ------------------------------------------------------------------------ */

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail(path, "the path is too long");
    strcpy(address.sun_path, path);
    int eventd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (eventd < 0 || connect(eventd, (struct sockaddr *)&address, sizeof address) != 0)
        fail(path, strerror(errno));
    return eventd;
}

/* {"query": question, "watch": true}. A text of up to 65535 bytes is 0xda and a u16. */
static void send_question(int eventd, const char *question) {
    size_t length = strlen(question);
    if (length > QUESTION_MAX) fail("the question", "too long");
    uint8_t *frame = malloc(4 + 1 + 6 + 3 + length + 6 + 1);
    if (frame == NULL) fail("the question", strerror(errno));
    size_t at = 4;
    memcpy(frame + at, "\x82\xa5query\xda", 8);
    at += 8;
    frame[at++] = (uint8_t)(length >> 8);
    frame[at++] = (uint8_t)length;
    memcpy(frame + at, question, length);
    at += length;
    memcpy(frame + at, "\xa5watch\xc3", 7);
    at += 7;
    for (int i = 0; i < 4; ++i) frame[i] = (uint8_t)((at - 4) >> (8 * i));
    /* eventd may refuse before it has read all; its reason can still be read, so an error here is
       not the end. MSG_NOSIGNAL: it is not a signal either. */
    for (size_t sent = 0; sent < at;) {
        ssize_t count = send(eventd, frame + sent, at - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        sent += (size_t)count;
    }
    free(frame);
}

/* False when the connection has ended before that many bytes. */
static bool read_exactly(int eventd, uint8_t *to, size_t count) {
    while (count > 0) {
        ssize_t got = recv(eventd, to, count, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        to += got;
        count -= (size_t)got;
    }
    return true;
}

/* The body of the next message; the caller frees it. */
static uint8_t *read_message(int eventd, size_t *length) {
    uint8_t head[4];
    const char *ended = "closed before the answer was complete";
    if (!read_exactly(eventd, head, sizeof head)) fail("the connection", ended);
    *length = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    if (*length > FRAME_MAX) fail("bad answer", "a message is too long");
    uint8_t *body = malloc(*length > 0 ? *length : 1);
    if (body == NULL) fail("a message", strerror(errno));
    if (!read_exactly(eventd, body, *length)) fail("the connection", ended);
    return body;
}

static bool is_text(struct value value, const char *text) {
    return value.kind == TEXT && value.count == strlen(text) &&
           memcmp(value.data, text, value.count) == 0;
}

/* A message is a map of `status` and what belongs to it, in any order. */
struct message {
    struct value status;
    struct value error;
    size_t record_count;
    struct bytes records;
};

static struct message open_message(const uint8_t *body, size_t length) {
    struct message message = {.record_count = 0};
    struct bytes in = {body, body + length};
    struct value map = read_value(&in);
    if (map.kind != MAP) fail("bad answer", "a message is a map");
    for (size_t i = 0; i < map.count; ++i) {
        struct value key = read_value(&in);
        if (is_text(key, "status")) {
            message.status = read_value(&in);
        } else if (is_text(key, "error")) {
            message.error = read_value(&in);
        } else if (is_text(key, "records")) {
            message.records = in;
            message.record_count = read_value(&message.records).count;
            skip_value(&in, 0);
        } else {
            skip_value(&in, 0);
        }
    }
    return message;
}

/* Prints the answer as it comes; ends at its end, or after so many records. */
static void print_answer(int eventd, unsigned long records_max) {
    unsigned long printed = 0;
    for (;;) {
        size_t length;
        uint8_t *body = read_message(eventd, &length);
        struct message message = open_message(body, length);
        if (is_text(message.status, "ok")) {
            for (size_t i = 0; i < message.record_count; ++i) {
                print_record(&message.records);
                if (++printed == records_max) return;
            }
        } else if (is_text(message.status, "watch")) {
            puts("-- from here on as it happens");
        } else if (is_text(message.status, "error")) {
            /* What was printed before is void. */
            fflush(stdout);
            fprintf(stderr, "ask: %.*s\n", (int)message.error.count,
                    (const char *)message.error.data);
            exit(1);
        } else if (is_text(message.status, "end")) {
            return;
        }
        fflush(stdout);
        free(body);
    }
}

int main(int argument_count, char **arguments) {
    if (argument_count != 3 && argument_count != 4) {
        fputs("usage: ask SOCKET QUESTION [RECORDS]\n", stderr);
        return 2;
    }
    int eventd = connect_to(arguments[1]);
    send_question(eventd, arguments[2]);
    print_answer(eventd, argument_count == 4 ? strtoul(arguments[3], NULL, 10) : 0);
    close(eventd);
    return 0;
}
