// Where vendors put their PKCS#11 libraries. Of these SoftHSM and NSS were tried here; the others' paths, parameters and PINs are
// those that their packages usually have, and were not tried.

export const modulePlatforms = ['linux', 'darwin', 'win32'] as const
export type ModulePlatform = (typeof modulePlatforms)[number]

export interface KnownModule {
  readonly name: string
  /** Absolute paths, in the order in which they are tried; the first that exists is taken. */
  readonly paths: Readonly<Partial<Record<ModulePlatform, readonly string[]>>>
  /** What CK_C_INITIALIZE_ARGS.pReserved must say, for a library that does not start without it. */
  readonly parameters?: string
  /** How its user PIN is written, where it is more than a PIN. */
  readonly pin?: string
}

/** Debian's folders for two processors, then Fedora's. */
function packaged(...files: readonly string[]): readonly string[] {
  return files.flatMap((file) => ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64'].map((folder) => `${folder}/${file}`))
}

export const knownModules = {
  softhsm: {
    name: 'SoftHSM',
    paths: {
      linux: [
        '/usr/lib/softhsm/libsofthsm2.so', // Debian, Ubuntu
        '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
        '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
        '/usr/lib64/pkcs11/libsofthsm2.so', // Fedora, RHEL
        '/usr/lib64/softhsm/libsofthsm2.so', // openSUSE
        '/usr/lib/libsofthsm2.so', // Arch
        '/usr/local/lib/softhsm/libsofthsm2.so', // from source
      ],
      darwin: [
        '/opt/homebrew/lib/softhsm/libsofthsm2.so', // Homebrew on ARM
        '/usr/local/lib/softhsm/libsofthsm2.so', // Homebrew on Intel
        '/opt/local/lib/softhsm/libsofthsm2.so', // MacPorts
      ],
      win32: [
        'C:\\SoftHSM2\\lib\\softhsm2-x64.dll', // the SoftHSM2-for-Windows installer
        'C:\\Program Files\\SoftHSM2\\lib\\softhsm2-x64.dll',
      ],
    },
  },
  opensc: {
    name: 'OpenSC (smart cards, Nitrokey HSM 2)',
    paths: {
      linux: [...packaged('opensc-pkcs11.so', 'pkcs11/opensc-pkcs11.so'), '/usr/lib/opensc-pkcs11.so', '/usr/local/lib/opensc-pkcs11.so'],
      darwin: ['/Library/OpenSC/lib/opensc-pkcs11.so', '/opt/homebrew/lib/opensc-pkcs11.so', '/usr/local/lib/opensc-pkcs11.so'],
      win32: ['C:\\Program Files\\OpenSC Project\\OpenSC\\pkcs11\\opensc-pkcs11.dll'],
    },
    pin: 'The PIN of the card. The security officer PIN of a Nitrokey HSM 2 or SmartCard-HSM is 16 hexadecimal digits.',
  },
  'sc-hsm': {
    name: 'SmartCard-HSM',
    paths: { linux: [...packaged('libsc-hsm-pkcs11.so'), '/usr/local/lib/libsc-hsm-pkcs11.so'], darwin: ['/usr/local/lib/libsc-hsm-pkcs11.so'] },
    pin: 'The PIN of the card. Its security officer PIN is 16 hexadecimal digits.',
  },
  nethsm: {
    name: 'Nitrokey NetHSM',
    paths: { linux: [...packaged('nitrokey/libnethsm_pkcs11.so', 'libnethsm_pkcs11.so'), '/usr/local/lib/libnethsm_pkcs11.so'] },
    pin: 'The password of the operator whom its configuration names.',
  },
  yubihsm: {
    name: 'YubiHSM 2',
    paths: {
      linux: packaged('pkcs11/yubihsm_pkcs11.so'),
      darwin: ['/usr/local/lib/pkcs11/yubihsm_pkcs11.dylib', '/opt/homebrew/lib/pkcs11/yubihsm_pkcs11.dylib'],
      win32: ['C:\\Program Files\\Yubico\\YubiHSM Shell\\bin\\pkcs11\\yubihsm_pkcs11.dll'],
    },
    parameters: 'connector=http://127.0.0.1:12345',
    pin: 'Four hexadecimal digits of the authentication key, then its password, such as 0001password.',
  },
  ykcs11: {
    name: 'YubiKey PIV',
    paths: {
      linux: packaged('libykcs11.so.2', 'libykcs11.so'),
      darwin: ['/opt/homebrew/lib/libykcs11.dylib', '/usr/local/lib/libykcs11.dylib'],
      win32: ['C:\\Program Files\\Yubico\\Yubico PIV Tool\\bin\\libykcs11.dll'],
    },
    pin: 'The PIV PIN. It is unblocked with the PUK.',
  },
  tpm2: { name: 'TPM 2.0 (tpm2-pkcs11)', paths: { linux: packaged('pkcs11/libtpm2_pkcs11.so', 'libtpm2_pkcs11.so.1') } },
  nss: {
    name: 'NSS softokn',
    paths: { linux: packaged('libsoftokn3.so', 'nss/libsoftokn3.so'), darwin: ['/opt/homebrew/lib/libsoftokn3.dylib', '/usr/local/lib/libsoftokn3.dylib'] },
    parameters: "configdir='sql:/FOLDER' certPrefix='' keyPrefix='' secmod='secmod.db' flags=readWrite",
  },
  opencryptoki: { name: 'openCryptoki', paths: { linux: packaged('pkcs11/libopencryptoki.so', 'opencryptoki/libopencryptoki.so') } },
  'p11-kit-client': { name: 'p11-kit remote', paths: { linux: packaged('pkcs11/p11-kit-client.so') } },
  cloudhsm: {
    name: 'AWS CloudHSM (SDK 5)',
    paths: { linux: ['/opt/cloudhsm/lib/libcloudhsm_pkcs11.so'], win32: ['C:\\Program Files\\Amazon\\CloudHSM\\lib\\cloudhsm_pkcs11.dll'] },
    pin: 'The crypto user and its password, such as CU:password.',
  },
  luna: {
    name: 'Thales Luna',
    paths: { linux: ['/usr/safenet/lunaclient/lib/libCryptoki2_64.so'], win32: ['C:\\Program Files\\SafeNet\\LunaClient\\cryptoki.dll'] },
    pin: 'The crypto officer password of the partition.',
  },
  nshield: {
    name: 'Entrust nShield',
    paths: { linux: ['/opt/nfast/toolkits/pkcs11/libcknfast.so'], win32: ['C:\\Program Files\\nCipher\\nfast\\toolkits\\pkcs11\\cknfast.dll'] },
    pin: 'The passphrase of the operator card or softcard.',
  },
  utimaco: {
    name: 'Utimaco SecurityServer',
    paths: {
      linux: ['/opt/utimaco/lib/libcs_pkcs11_R3.so', '/opt/utimaco/lib/libcs_pkcs11_R2.so', '/usr/local/lib/libcs_pkcs11_R3.so', '/usr/local/lib/libcs_pkcs11_R2.so'],
    },
  },
  'google-kms': {
    name: 'Google Cloud KMS (libkmsp11)',
    paths: { linux: ['/usr/local/lib/libkmsp11.so', ...packaged('pkcs11/libkmsp11.so')] },
    parameters: '/FOLDER/kmsp11.yaml',
    pin: 'Any: it needs no login.',
  },
} as const satisfies Record<string, KnownModule>

/** The rows, with every optional member in their type. */
export function knownModuleRows(): readonly KnownModule[] {
  return Object.values(knownModules)
}
