/*
 * A PKCS#11 module that forwards to another one and does wrong what it is told to do wrong.
 *
 *   HOLDFAST_FAULT_MODULE  the real module's path (required)
 *   HOLDFAST_FAULT_FILE    the faults; read anew at each call, so that a test can change them under a running host
 *   HOLDFAST_FAULT_TRACE   gets one line with its name for each call of a function below (optional)
 *
 * A line of the fault file is one of
 *
 *   FUNCTION [after] ACTION [once]   before the real function, or after it; `once` removes the line when it strikes
 *   hide 0xNN                        the mechanism is not listed, and its Init gives CKR_MECHANISM_INVALID
 *   flags 0xNN                       these bits are set in CK_TOKEN_INFO.flags
 *   token-iv                         CKM_AES_GCM takes an IV of zeros only and writes its own there, as AWS CloudHSM does
 *   append-iv                        CKM_AES_GCM ignores the IV, makes its own and appends it behind the tag, as Luna does in FIPS mode
 *
 * with ACTION one of
 *
 *   segfault | abort | hang | delay MILLISECONDS | return 0xNN
 *   skip                             the real function is not called, and success is reported
 *   garbage                          the first byte of the result is wrong; C_GenerateKey and
 *                                    C_UnwrapKey make the key extractable
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pkcs11.h"

#define EXPORT __attribute__((visibility("default")))
#define MAX_FILE 8192
#define MAX_WORDS 6

enum when { BEFORE, AFTER };
/* What a strike leaves to the function itself. */
enum effect { NONE, GARBAGE, SKIP };

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST ours;

/* The fault file's content as a string in `buffer`; empty where there is none. */
static void read_faults(char *buffer) {
  buffer[0] = 0;
  const char *path = getenv("HOLDFAST_FAULT_FILE");
  if (!path) return;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t length = read(file, buffer, MAX_FILE - 1);
  buffer[length > 0 ? length : 0] = 0;
  close(file);
}

/* Splits a copy of one line into words. Returns their number. */
static int words_of(char *line, char **words) {
  int count = 0;
  char *rest = line;
  for (char *word; count < MAX_WORDS && (word = strtok_r(rest, " \t\r", &rest));) words[count++] = word;
  return count;
}

/* Walks over the lines: copies the next one to `line`, tells where it starts and ends. Returns 0 after the last. */
static int next_line(char **cursor, char *line, size_t size, char **start, char **end) {
  if (!**cursor) return 0;
  *start = *cursor;
  *end = strchr(*start, '\n');
  if (!*end) *end = *start + strlen(*start);
  size_t length = (size_t)(*end - *start) < size - 1 ? (size_t)(*end - *start) : size - 1;
  memcpy(line, *start, length);
  line[length] = 0;
  *cursor = **end ? *end + 1 : *end;
  return 1;
}

/* Takes the text between start and end out of the fault file, by a rename: a reader sees the old file or the new one. */
static void remove_line(char *buffer, char *start, char *end) {
  const char *path = getenv("HOLDFAST_FAULT_FILE");
  char part[4096];
  snprintf(part, sizeof part, "%s.%d", path, (int)getpid());
  FILE *file = fopen(part, "w");
  if (!file) abort();
  fwrite(buffer, 1, (size_t)(start - buffer), file);
  if (*end) fputs(end + 1, file);
  fclose(file);
  if (rename(part, path)) abort();
}

static void trace(const char *function) {
  const char *path = getenv("HOLDFAST_FAULT_TRACE");
  if (!path) return;
  int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) abort();
  char line[64];
  int length = snprintf(line, sizeof line, "%s\n", function);
  if (write(file, line, (size_t)length) != length) abort();
  close(file);
}

static CK_RV act(int count, char **words) {
  const char *action = count > 0 ? words[0] : "";
  if (!strcmp(action, "segfault")) *(volatile int *)8 = 1;
  if (!strcmp(action, "abort")) abort();
  if (!strcmp(action, "hang")) for (;;) pause();
  if (!strcmp(action, "delay") && count > 1) usleep((useconds_t)(1000 * atoi(words[1])));
  if (!strcmp(action, "return") && count > 1) return strtoul(words[1], NULL, 0);
  return CKR_OK;
}

/* Strikes if a line says so for this function and moment. */
static CK_RV strike(const char *function, enum when when, enum effect *effect) {
  char buffer[MAX_FILE], line[256], *cursor = buffer, *start, *end;
  read_faults(buffer);
  while (next_line(&cursor, line, sizeof line, &start, &end)) {
    char *words[MAX_WORDS];
    int count = words_of(line, words);
    if (count < 2 || strcmp(words[0], function)) continue;
    int is_after = !strcmp(words[1], "after"), first = is_after ? 2 : 1;
    if (is_after != (when == AFTER)) continue;
    if (!strcmp(words[count - 1], "once")) remove_line(buffer, start, end);
    if (count > first && !strcmp(words[first], "garbage")) *effect = GARBAGE;
    if (count > first && !strcmp(words[first], "skip")) *effect = SKIP;
    return act(count - first, words + first);
  }
  return CKR_OK;
}

/* Whether the file has a line of this word with this number (0: with none). */
static int has_line(const char *word, CK_ULONG number) {
  char buffer[MAX_FILE], line[256], *cursor = buffer, *start, *end, *words[MAX_WORDS];
  read_faults(buffer);
  while (next_line(&cursor, line, sizeof line, &start, &end)) {
    int count = words_of(line, words);
    if (count > 0 && !strcmp(words[0], word) && (count == 1 ? number == 0 : strtoul(words[1], NULL, 0) == number)) return 1;
  }
  return 0;
}

static CK_FLAGS extra_flags(void) {
  char buffer[MAX_FILE], line[256], *cursor = buffer, *start, *end, *words[MAX_WORDS];
  CK_FLAGS flags = 0;
  read_faults(buffer);
  while (next_line(&cursor, line, sizeof line, &start, &end))
    if (words_of(line, words) == 2 && !strcmp(words[0], "flags")) flags |= strtoul(words[1], NULL, 0);
  return flags;
}

/*
 * One forwarding function. `prepare` runs after the fault and before the real call and may return; `finish` runs after a success.
 */
#define FORWARD(name, parameters, arguments, prepare, finish) \
  static CK_RV name parameters {                              \
    enum effect effect = NONE;                                \
    trace(#name);                                             \
    CK_RV result = strike(#name, BEFORE, &effect);            \
    if (result != CKR_OK || effect == SKIP) return result;    \
    prepare;                                                  \
    result = real->name arguments;                            \
    if (result != CKR_OK) return result;                      \
    finish;                                                   \
    return strike(#name, AFTER, &effect);                     \
  }

#define NOTHING (void)0
#define SPOIL(bytes, length) if (effect == GARBAGE && (bytes) && (length) > 0) (bytes)[0] ^= 0xff
#define REFUSE_HIDDEN if (has_line("hide", mechanism->mechanism)) return CKR_MECHANISM_INVALID

/* Takes hidden mechanisms out of a list; a caller that only asks for the count gets one that is too high, which it must bear. */
static void hide_mechanisms(CK_MECHANISM_TYPE *list, CK_ULONG *count) {
  if (!list) return;
  CK_ULONG kept = 0;
  for (CK_ULONG i = 0; i < *count; i++)
    if (!has_line("hide", list[i])) list[kept++] = list[i];
  *count = kept;
}

static CK_RV make_iv(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism) {
  if (mechanism->mechanism != CKM_AES_GCM || !has_line("token-iv", 0)) return CKR_OK;
  CK_GCM_PARAMS *gcm = mechanism->pParameter;
  for (CK_ULONG i = 0; i < gcm->ulIvLen; i++)
    if (gcm->pIv[i]) return CKR_MECHANISM_PARAM_INVALID;
  return real->C_GenerateRandom(session, gcm->pIv, gcm->ulIvLen);
}

/* The IV that the encryption under way appends; no length: none. */
static CK_BYTE appended_iv[12];
static CK_ULONG appended_length;

/* The mechanism with an IV of our own, which `append_iv` puts behind the tag. */
static CK_MECHANISM *with_appended_iv(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism) {
  static CK_GCM_PARAMS parameters;
  static CK_MECHANISM copy;
  appended_length = 0;
  if (mechanism->mechanism != CKM_AES_GCM || !has_line("append-iv", 0)) return mechanism;
  if (real->C_GenerateRandom(session, appended_iv, sizeof appended_iv) != CKR_OK) abort();
  appended_length = sizeof appended_iv;
  parameters = *(CK_GCM_PARAMS *)mechanism->pParameter;
  parameters.pIv = appended_iv;
  parameters.ulIvLen = appended_length;
  parameters.ulIvBits = 8 * appended_length;
  copy = *mechanism;
  copy.pParameter = &parameters;
  return &copy;
}

static CK_RV append_iv(CK_BYTE *out, CK_ULONG *written, CK_ULONG room) {
  CK_ULONG length = appended_length;
  appended_length = 0;
  if (!length) return CKR_OK;
  if (!out || room < *written + length) return CKR_BUFFER_TOO_SMALL;
  memcpy(out + *written, appended_iv, length);
  *written += length;
  return CKR_OK;
}

/* A copy of the template in which the key may be extracted: a token that does not keep what it is asked. */
static CK_ATTRIBUTE *loosened(CK_ATTRIBUTE *template, CK_ULONG count) {
  static CK_BBOOL yes = 1;
  static CK_ATTRIBUTE copy[64];
  if (count > 64) abort();
  memcpy(copy, template, count * sizeof *template);
  for (CK_ULONG i = 0; i < count; i++)
    if (copy[i].type == CKA_EXTRACTABLE) copy[i].pValue = &yes;
  return copy;
}

FORWARD(C_Initialize, (void *arguments), (arguments), NOTHING, NOTHING)
FORWARD(C_GetSlotList, (CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count), (present, list, count), NOTHING, NOTHING)
FORWARD(C_GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO *info), (slot, info), NOTHING, info->flags |= extra_flags())
FORWARD(C_GetMechanismList, (CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count), (slot, list, count), NOTHING,
        hide_mechanisms(list, count))
FORWARD(C_InitToken, (CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG length, CK_BYTE *label), (slot, pin, length, label), NOTHING, NOTHING)
FORWARD(C_InitPIN, (CK_SESSION_HANDLE session, CK_BYTE *pin, CK_ULONG length), (session, pin, length), NOTHING, NOTHING)
FORWARD(C_OpenSession,
        (CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_RV (*notify)(CK_SESSION_HANDLE, CK_ULONG, void *), CK_SESSION_HANDLE *session),
        (slot, flags, application, notify, session), NOTHING, NOTHING)
FORWARD(C_CloseSession, (CK_SESSION_HANDLE session), (session), NOTHING, NOTHING)
FORWARD(C_GetSessionInfo, (CK_SESSION_HANDLE session, CK_SESSION_INFO *info), (session, info), NOTHING, NOTHING)
FORWARD(C_Login, (CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length), (session, user, pin, length), NOTHING, NOTHING)
FORWARD(C_CreateObject, (CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *object),
        (session, template, count, object), NOTHING, NOTHING)
FORWARD(C_DestroyObject, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object), (session, object), NOTHING, NOTHING)
FORWARD(C_GetAttributeValue, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count),
        (session, object, template, count), NOTHING, NOTHING)
FORWARD(C_FindObjectsInit, (CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count), (session, template, count), NOTHING, NOTHING)
FORWARD(C_FindObjects, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG most, CK_ULONG *count),
        (session, objects, most, count), NOTHING, NOTHING)
FORWARD(C_GenerateKey, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *key),
        (session, mechanism, template, count, key), if (effect == GARBAGE) template = loosened(template, count), NOTHING)
FORWARD(C_EncryptInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), (session, mechanism, key),
        REFUSE_HIDDEN; if ((result = make_iv(session, mechanism)) != CKR_OK) return result; mechanism = with_appended_iv(session, mechanism), NOTHING)
FORWARD(C_Encrypt, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *written),
        (session, in, length, out, written), CK_ULONG room = *written,
        SPOIL(out, *written); if ((result = append_iv(out, written, room)) != CKR_OK) return result)
FORWARD(C_DecryptInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), (session, mechanism, key),
        REFUSE_HIDDEN, NOTHING)
FORWARD(C_Decrypt, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *written),
        (session, in, length, out, written), NOTHING, SPOIL(out, *written))
FORWARD(C_SignInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), (session, mechanism, key),
        REFUSE_HIDDEN, NOTHING)
FORWARD(C_Sign, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *written),
        (session, in, length, out, written), NOTHING, SPOIL(out, *written))
FORWARD(C_GenerateKeyPair,
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public, CK_ULONG publics, CK_ATTRIBUTE *private, CK_ULONG privates,
         CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key),
        (session, mechanism, public, publics, private, privates, public_key, private_key), NOTHING, NOTHING)
FORWARD(C_CopyObject, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *copy),
        (session, object, template, count, copy), NOTHING, NOTHING)
FORWARD(C_WrapKey,
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, CK_BYTE *out, CK_ULONG *written),
        (session, mechanism, wrapping, key, out, written), NOTHING, SPOIL(out, *written))
FORWARD(C_UnwrapKey,
        (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping, CK_BYTE *in, CK_ULONG length, CK_ATTRIBUTE *template,
         CK_ULONG count, CK_OBJECT_HANDLE *key),
        (session, mechanism, unwrapping, in, length, template, count, key), if (effect == GARBAGE) template = loosened(template, count), NOTHING)
FORWARD(C_GenerateRandom, (CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG length), (session, out, length), NOTHING, SPOIL(out, length))

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
  if (!real) {
    const char *path = getenv("HOLDFAST_FAULT_MODULE");
    void *module = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!module) return CKR_GENERAL_ERROR;
    CK_RV (*get)(CK_FUNCTION_LIST **) = (CK_RV (*)(CK_FUNCTION_LIST **))dlsym(module, "C_GetFunctionList");
    if (!get || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
    ours = *real;
#define OURS(name) ours.name = name
    OURS(C_Initialize), OURS(C_GetSlotList), OURS(C_GetTokenInfo), OURS(C_GetMechanismList), OURS(C_InitToken), OURS(C_InitPIN);
    OURS(C_OpenSession), OURS(C_CloseSession), OURS(C_GetSessionInfo), OURS(C_Login), OURS(C_CreateObject), OURS(C_DestroyObject);
    OURS(C_GetAttributeValue), OURS(C_FindObjectsInit), OURS(C_FindObjects), OURS(C_GenerateKey), OURS(C_EncryptInit), OURS(C_Encrypt);
    OURS(C_DecryptInit), OURS(C_Decrypt), OURS(C_SignInit), OURS(C_Sign), OURS(C_GenerateRandom);
    OURS(C_GenerateKeyPair), OURS(C_CopyObject), OURS(C_WrapKey), OURS(C_UnwrapKey);
  }
  *list = &ours;
  return CKR_OK;
}
