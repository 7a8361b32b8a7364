/* The memory functions that compiled Rust calls by name, as the Solana VM's syscalls. */

typedef unsigned char byte;
typedef unsigned long size;

extern void sol_memcpy_(void *to, const void *from, size count);
extern void sol_memmove_(void *to, const void *from, size count);
extern void sol_memset_(void *to, byte value, size count);
extern void sol_memcmp_(const void *left, const void *right, size count, int *order);

void *memcpy(void *to, const void *from, size count) {
  sol_memcpy_(to, from, count);
  return to;
}

void *memmove(void *to, const void *from, size count) {
  sol_memmove_(to, from, count);
  return to;
}

void *memset(void *to, int value, size count) {
  sol_memset_(to, (byte)value, count);
  return to;
}

int memcmp(const void *left, const void *right, size count) {
  int order = 0;
  sol_memcmp_(left, right, count, &order);
  return order;
}

int bcmp(const void *left, const void *right, size count) { return memcmp(left, right, count); }
