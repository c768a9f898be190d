import pkcs11 from 'pkcs11js'

// A process of its own: makes the user token of an NSS database ready, as `certutil -N` does. Arguments: library, parameters, PIN.
const [library = '', libraryParameters = '', pin = ''] = process.argv.slice(2)
const functions = new pkcs11.PKCS11()
functions.load(library)
functions.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK, libraryParameters: `${libraryParameters} ` })
for (const slot of functions.C_GetSlotList(true)) {
  // The other slot of softokn3 has no user and no database.
  if ((functions.C_GetTokenInfo(slot).flags & pkcs11.CKF_WRITE_PROTECTED) !== 0) continue
  functions.C_InitToken(slot, '', 'NSS'.padEnd(32))
  const session = functions.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION)
  functions.C_Login(session, pkcs11.CKU_SO, '')
  functions.C_InitPIN(session, pin)
}
functions.C_Finalize()
